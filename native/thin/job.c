/* SPDX-License-Identifier: Apache-2.0 */
/* One job of the guard's (src/guard/jobs), of which this process is the workload's parent. */
#include "thin.h"
#include "job.h"
#include "launch.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long a guard may be silent before it is taken for dead, in seconds: while it works it says so each second. */
#define PATIENCE 5
/* More options than a launcher has words for, limits of setrlimit(2) included. */
#define MOST_WORDS 512

/* Where the texts of a plan are kept. */
static char kept[128 * 1024];

static bool read_text(struct span value, char *bytes, size_t size)
{
	struct text out = { bytes, 0, size - 1, false };

	if (!json_string(value, &out))
		return false;
	bytes[out.used] = '\0';
	return strlen(bytes) == out.used;
}

/* A list of texts, each ended by a zero; false for what is none, or too long. */
static bool read_list(struct span array, struct text *out, char ***words, size_t *count)
{
	static struct span elements[MOST_WORDS];

	*count = json_elements(array, elements, MOST_WORDS);
	*words = calloc(*count + 1, sizeof(**words));
	if (*words == NULL || *count > MOST_WORDS)
		return false;
	for (size_t i = 0; i < *count; i++) {
		(*words)[i] = out->bytes + out->used;
		if (!json_string(elements[i], out))
			return false;
		put_bytes(out, "", 1);
	}
	return !out->cut;
}

static bool read_optional(struct span value, char *bytes, size_t size, bool *there)
{
	*there = !json_is(value, "null");
	return !*there || read_text(value, bytes, size);
}

/* The record ahead, where there is one. */
static bool read_ahead(struct ahead *ahead, struct span value, struct text *out)
{
	if (json_is(value, "null"))
		return true;
	return read_text(json_member(value, "path"), ahead->path, sizeof(ahead->path)) &&
	       read_list(json_member(value, "parts"), out, &ahead->parts, &ahead->count);
}

static bool read_plan(struct job *job, struct span plan, int argc, char **argv)
{
	struct text out = { kept, 0, sizeof(kept), false };
	long words = json_number(json_member(plan, "command_words"));
	bool has_group;

	job->json = json_is(json_member(plan, "json"), "true");
	job->own_group = json_is(json_member(plan, "own_group"), "true");
	job->launch.stdout_to_stderr = job->json;
	if (words < 1 || words > argc - 2 || !read_text(json_member(plan, "run"), job->run, sizeof(job->run)) ||
	    !read_text(json_member(plan, "job"), job->name, sizeof(job->name)) ||
	    !read_optional(json_member(plan, "group"), job->group, sizeof(job->group), &has_group) ||
	    !read_optional(json_member(plan, "report"), job->report, sizeof(job->report), &job->has_report) ||
	    (job->has_report && !report_is_plain(job->report)))
		return false;
	job->launch.group = has_group ? job->group : NULL;
	job->launch.command = argv + argc - words;
	return read_list(json_member(plan, "options"), &out, &job->launch.options, &job->launch.option_count) &&
	       read_list(json_member(plan, "variables"), &out, &job->launch.changes, &job->launch.change_count) &&
	       read_ahead(&job->ahead, json_member(plan, "ahead"), &out);
}

/* What the guard has for stderr. It is said when the command is sure to be executed, or not: before, Node might say it again. */
static char unsaid_bytes[128 * 1024];
static struct text unsaid = { unsaid_bytes, 0, sizeof(unsaid_bytes), false };

static void keep_text(struct span answer)
{
	json_string(json_member(answer, "stderr"), &unsaid);
}

static void say_kept(void)
{
	write_all(STDERR_FILENO, unsaid.bytes, unsaid.used);
	unsaid.used = 0;
}

/* The report goes where it was asked for. A workload's own failure says more than a lost report; a success must not hide it. */
static int deliver(const struct job *job, struct span report, int status)
{
	bool there = report.length > 0 && !json_is(report, "null"), lost = false;

	if (there && job->json)
		print_report(report);
	if (there && job->has_report)
		lost = write_report(job->report, report, "ERROR: ") != 0;
	return lost && status == 0 ? EXIT_CORRAL : status;
}

/* An answer that is an end: its exit status; -1: it is none. */
static int conclude(const struct job *job, struct span answer)
{
	long status = json_number(json_member(answer, "exit_status"));

	if (status < 0)
		return -1;
	keep_text(answer);
	say_kept();
	return deliver(job, json_member(answer, "report"), (int)status);
}

static void say_of_job(const struct job *job, const char *before, const char *after)
{
	char bytes[1024];
	struct text line = { bytes, 0, sizeof(bytes) - 1, false };

	put(&line, before);
	put(&line, job->name);
	put(&line, after);
	bytes[line.used] = '\0';
	say(bytes);
}

/* How it ended is known all the same; a report that was asked for is not. */
static int conclude_alone(const struct job *job, int status)
{
	int own = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);

	if (guard_is_silent())
		say_of_job(job, "WARNING: the guard does not answer; what job ",
			   " used, and whether a limit ended it, is not known until it does");
	else
		say_of_job(job, "WARNING: the guard went away while job ",
			   " ran; what it used, and whether a limit ended it, is not known; no timeout was kept");
	return own == 0 && (job->json || job->has_report) ? EXIT_CORRAL : own;
}

/* The command is being executed. */
static int follow(const struct job *job, const struct launched *launched, bool told)
{
	struct rusage usage;
	struct reply reply;
	int status = 0, signal = wait_or_leave(launched->pid, !job->own_group, &status, &usage), end = -1;

	/* The answer to `started` has come meanwhile, or comes first. */
	if (told && (signal == 0 ? tell_end(job, status, &usage) : tell_leave(job, signal)) &&
	    guard_receive(job->connection, &reply) && guard_receive(job->connection, &reply))
		end = conclude(job, reply.body);
	if (end >= 0)
		return end;
	if (signal == 0)
		return conclude_alone(job, status);
	say_of_job(job, "WARNING: leaving; the workload continues as job ",
		   guard_is_silent() ? ", and the guard does not answer" : ", and the guard has gone: nobody watches it");
	return 128 + signal;
}

/* The command could not be executed. */
static bool say_failed(const struct job *job, struct launched *launched, bool told, int *status)
{
	struct reply reply;

	told = told && guard_receive(job->connection, &reply);
	waitpid(launched->pid, NULL, 0);
	*status = told ? conclude(job, reply.body) : -1;
	return *status >= 0;
}

/* Whether the guard lets it go on; false: it has been ended, and `status` tells how to exit when the guard has said so. */
static bool ask_to_go(const struct job *job, const struct launched *launched, int *status)
{
	struct reply reply;

	if (!tell_held(job, launched) || !guard_receive(job->connection, &reply) || reply.status != 200 ||
	    (*status = conclude(job, reply.body)) >= 0) {
		drop_launch(launched);
		return false;
	}
	keep_text(reply.body);
	return true;
}

/* The launcher waits, has gone on by itself, or has failed already. False: it has been ended, and nothing has begun. */
static bool run_launched(struct job *job, struct launched *launched, int *status)
{
	bool runs, told;

	if (!launched->held && !launched->released)
		return say_failed(job, launched, tell_started(job, launched), status);
	if (launched->held && !ask_to_go(job, launched, status))
		return *status >= 0;
	say_kept();
	runs = finish_launch(launched);
	told = tell_started(job, launched);
	if (!runs)
		return say_failed(job, launched, told, status);
	*status = follow(job, launched, told);
	return true;
}

static struct job job;

/*
 * Asked by the workload's process, which has a copy of the connection: as long as it has not executed its command, the guard does not
 * take its client for dead. Who would keep its time and write its result may have died since the plan: Node does the job then.
 */
static bool goes_alone(void)
{
	return !guard_has_gone(job.connection) && put_on_record(&job.ahead);
}

bool run_job(int connection, int argc, char **argv, struct span request, int *status)
{
	struct launched launched;
	struct reply reply;

	*status = -1;
	job.connection = connection;
	guard_patience(connection, PATIENCE);
	if (!guard_post(connection, "/v1/runs", request, &reply))
		return false;
	if (reply.status != 201) {
		/* It never became a job, and is over. */
		*status = reply.status == 200 ? conclude(&job, reply.body) : -1;
		return *status >= 0;
	}
	if (!read_plan(&job, reply.body, argc, argv))
		return false;
	keep_text(reply.body);
	/* What is to be said comes before the command's own words. */
	job.launch.may_go = unsaid.used == 0 ? goes_alone : NULL;
	return start_launch(&job.launch, &launched) && run_launched(&job, &launched, status);
}
