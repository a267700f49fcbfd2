/* SPDX-License-Identifier: Apache-2.0 */
/* What the parent of a workload tells the guard (src/guard/jobs/job-request.ts). */
#include "job.h"

#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

static bool send_to(const struct job *job, const char *verb, const struct text *body)
{
	char path[sizeof(job->run) + 32];

	snprintf(path, sizeof(path), "/v1/runs/%s/%s", job->run, verb);
	return !body->cut && guard_send(job->connection, path, (struct span){ body->bytes, body->used });
}

static void put_number(struct text *out, const char *name, long long value)
{
	put(out, name);
	put_decimal(out, value);
}

static void put_status(struct text *body, const struct launched *launched)
{
	put_number(body, "{\"pid\":", launched->pid);
	put(body, ",\"status\":\"");
	put_escaped(body, launched->status, body->size, false);
	put(body, "\"");
}

bool tell_held(const struct job *job, const struct launched *launched)
{
	static char bytes[64 * 1024];
	struct text body = { bytes, 0, sizeof(bytes), false };

	put_status(&body, launched);
	put(&body, "}");
	return send_to(job, "held", &body);
}

bool tell_started(const struct job *job, const struct launched *launched)
{
	static char bytes[64 * 1024];
	struct text body = { bytes, 0, sizeof(bytes), false };

	put_status(&body, launched);
	if (launched->released) {
		put_number(&body, ",\"released\":{\"start_ticks\":", launched->start_ticks);
		put_number(&body, ",\"at_ns\":\"", launched->released_ns);
		put(&body, "\"}}");
	} else {
		put(&body, ",\"released\":null}");
	}
	return send_to(job, "started", &body);
}

static long long microseconds(struct timeval time)
{
	return time.tv_sec * 1000000LL + time.tv_usec;
}

bool tell_end(const struct job *job, int status, const struct rusage *usage)
{
	char bytes[1024];
	struct text body = { bytes, 0, sizeof(bytes), false };
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (WIFSIGNALED(status))
		put_number(&body, "{\"exit_code\":null,\"exit_signal\":", WTERMSIG(status));
	else
		put_number(&body, "{\"exit_signal\":null,\"exit_code\":", WEXITSTATUS(status));
	put(&body, WIFSIGNALED(status) && WCOREDUMP(status) ? ",\"core_dumped\":true" : ",\"core_dumped\":false");
	put_number(&body, ",\"user_us\":", microseconds(usage->ru_utime));
	put_number(&body, ",\"sys_us\":", microseconds(usage->ru_stime));
	put_number(&body, ",\"max_rss_bytes\":", usage->ru_maxrss * 1024LL);
	put_number(&body, ",\"minor_faults\":", usage->ru_minflt);
	put_number(&body, ",\"major_faults\":", usage->ru_majflt);
	put_number(&body, ",\"in_blocks\":", usage->ru_inblock);
	put_number(&body, ",\"out_blocks\":", usage->ru_oublock);
	put_number(&body, ",\"voluntary_switches\":", usage->ru_nvcsw);
	put_number(&body, ",\"involuntary_switches\":", usage->ru_nivcsw);
	put_number(&body, ",\"at_ns\":\"", now.tv_sec * 1000000000LL + now.tv_nsec);
	put(&body, "\"}");
	return send_to(job, "ended", &body);
}

bool tell_leave(const struct job *job, int number)
{
	char bytes[64];
	struct text body = { bytes, 0, sizeof(bytes), false };

	put(&body, "{\"signal\":\"");
	put_signal_name(&body, number);
	put(&body, "\"}");
	return send_to(job, "leave", &body);
}
