/* SPDX-License-Identifier: Apache-2.0 */
/* One tool call, as src/guard/tools/run-tool.ts makes it. */
#include "thin.h"
#include "child.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What is kept of a hint and of a command line, in UTF-16 units; the guard takes more. */
#define MOST_UNITS 1024

/* A call that the guard knows of. */
struct call {
	int connection;
	char id[128];
	char group[PATH_MAX];
};

static void put_member(struct text *out, const char *name, const char *value)
{
	put(out, name);
	put_escaped(out, value, MOST_UNITS, false);
	put(out, "\",");
}

static void put_command(struct text *out, char **argv)
{
	size_t left = MOST_UNITS;

	put(out, "\"command\":\"");
	for (char **word = argv; *word != NULL && left > 0; word++) {
		if (word != argv) {
			put(out, " ");
			left--;
		}
		left = put_escaped(out, *word, left, false);
	}
	put(out, "\"}");
}

static bool is_text(struct span value, const char *text)
{
	size_t length = strlen(text);

	return value.length == length + 2 && memcmp(value.bytes + 1, text, length) == 0;
}

/* A shell that belongs to no session, or whose guard only looks, is run as it is. */
static bool is_none_of_ours(const struct tool *tool, struct span body)
{
	struct span object = json_member(json_member(body, "error"), "object");

	return tool->shim && ((tool->session == NULL && is_text(object, "session")) || is_text(object, "--monitor-only"));
}

/* It becomes part of a path. */
static bool is_plain(const char *id)
{
	for (const char *at = id; *at != '\0'; at++)
		if (!((*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') || *at == '_'))
			return false;
	return *id != '\0';
}

static bool read_text(struct span value, char *bytes, size_t size)
{
	struct text out = { bytes, 0, size - 1, false };

	if (!json_string(value, &out))
		return false;
	bytes[out.used] = '\0';
	return strlen(bytes) == out.used;
}

/* A text of the guard's for the agent, on a line of its own; nothing where there is none. */
static void say_text(struct span value)
{
	static char bytes[4096];
	struct text line = { bytes, 0, sizeof(bytes) - 1, false };

	if (json_string(value, &line)) {
		line.bytes[line.used++] = '\n';
		write_all(STDERR_FILENO, line.bytes, line.used);
	}
}

/* What its agent is to know before the command starts. */
static void say_notices(struct span notices)
{
	struct span lines[4];
	size_t count = json_elements(notices, lines, sizeof(lines) / sizeof(lines[0]));

	for (size_t i = 0; i < count && i < sizeof(lines) / sizeof(lines[0]); i++)
		say_text(lines[i]);
}

static enum outcome begin(struct call *call, const struct tool *tool, int *status)
{
	/* An escape has six bytes at most. */
	static char bytes[3 * 6 * MOST_UNITS + 256];
	struct text body = { bytes, 0, sizeof(bytes), false };
	struct reply reply;

	put(&body, "{");
	if (tool->session != NULL)
		put_member(&body, "\"session\":\"", tool->session);
	if (tool->hint != NULL)
		put_member(&body, "\"hint\":\"", tool->hint);
	put_command(&body, tool->argv);
	if (!guard_post(call->connection, "/v1/tools", (struct span){ body.bytes, body.used }, &reply))
		return NO_GUARD;
	if (reply.status == 201) {
		if (!read_text(json_member(reply.body, "call"), call->id, sizeof(call->id)) || !is_plain(call->id) ||
		    !read_text(json_member(reply.body, "group"), call->group, sizeof(call->group)))
			return NO_GUARD;
		say_notices(json_member(reply.body, "notices"));
		return RAN;
	}
	if (json_member(reply.body, "error").length == 0)
		return NO_GUARD;
	if (is_none_of_ours(tool, reply.body))
		return NO_SESSION;
	*status = say_error(reply.body);
	return RAN;
}

static bool send_to(const struct call *call, const char *verb, const struct text *body)
{
	char path[sizeof(call->id) + 32];

	snprintf(path, sizeof(path), "/v1/tools/%s/%s", call->id, verb);
	return guard_send(call->connection, path, (struct span){ body->bytes, body->used });
}

static bool send_join(const struct call *call, int pid)
{
	char bytes[32], number[24];
	struct text body = { bytes, 0, sizeof(bytes), false };

	snprintf(number, sizeof(number), "%d", pid);
	put(&body, "{\"pid\":");
	put(&body, number);
	put(&body, "}");
	return send_to(call, "join", &body);
}

/* 0, or how to exit: the guard does not have the child in the group of the call. */
static int joined(const struct call *call, bool sent)
{
	struct reply reply;

	if (!sent || !guard_receive(call->connection, &reply)) {
		say("the guard went away before the tool could start; start corral guard again");
		return EXIT_CORRAL;
	}
	return reply.status < 400 ? 0 : say_error(reply.body);
}

/* How the command ended goes to the guard; false: it is not there any more, and `result` is none. */
static bool finish(const struct call *call, int status, struct reply *result)
{
	char bytes[96], number[24];
	struct text body = { bytes, 0, sizeof(bytes), false };

	put(&body, "{\"exit_code\":");
	snprintf(number, sizeof(number), "%d", WEXITSTATUS(status));
	put(&body, WIFSIGNALED(status) ? "null" : number);
	put(&body, ",\"exit_signal\":");
	if (WIFSIGNALED(status)) {
		put(&body, "\"");
		put_signal_name(&body, WTERMSIG(status));
		put(&body, "\"}");
	} else {
		put(&body, "null}");
	}
	return send_to(call, "finish", &body) && guard_receive(call->connection, result) &&
	       !is_text(json_member(json_member(result->body, "error"), "code"), "SESSION_NOT_FOUND");
}

/* The command has ended; the exit status that stands for all of it. */
static int conclude(const struct call *call, const struct tool *tool, int status)
{
	struct reply result;

	if (!finish(call, status, &result)) {
		say("WARNING: the guard went away meanwhile; what the tool used is not known");
	} else if (result.status >= 400) {
		return say_error(result.body);
	} else {
		say_text(json_member(json_member(result.body, "feedback"), "text"));
		if (tool->report != NULL) {
			int failed = write_report(tool->report, result.body, "");

			if (failed != 0)
				return failed;
		}
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/*
 * How to exit; `ran` when that is how the command ended. A child that was made in its group has its limits whatever the guard
 * says next, and does not wait for it: the guard hears of it while the command starts. Any other waits until it has been moved.
 */
static int run_child(const struct call *call, const struct tool *tool, struct child *child, bool *ran)
{
	bool sent = send_join(call, child->pid);
	int status, error;

	*ran = false;
	if (!child->born && (status = joined(call, sent)) != 0) {
		drop_child(child);
		return status;
	}
	error = let_go(child);
	/* It cannot have been reaped yet: the guard looks whose child it is. */
	status = child->born ? joined(call, sent) : 0;
	if (error != 0 || status != 0) {
		kill(child->pid, SIGKILL);
		waitpid(child->pid, NULL, 0);
		return error != 0 ? say_not_executed(tool->file, error) : status;
	}
	*ran = true;
	return wait_passing_signals(child->pid);
}

/* The end of a command that never ran, as wait(2) has it: that of the client, which exits with `status`. */
static int never_ran(int status)
{
	return status << 8;
}

enum outcome run_call(int connection, const struct tool *tool, int *status)
{
	struct call call = { .connection = connection };
	struct child child;
	struct reply ignored;
	enum outcome outcome;
	bool ran;

	*status = 0;
	outcome = begin(&call, tool, status);
	if (outcome != RAN || *status != 0)
		return outcome;
	if (!hold_child(&child, call.group, tool->file, tool->argv)) {
		say("the tool cannot be started: no process can be made");
		*status = EXIT_CORRAL;
		finish(&call, never_ran(*status), &ignored);
		return RAN;
	}
	*status = run_child(&call, tool, &child, &ran);
	if (ran)
		*status = conclude(&call, tool, *status);
	else
		finish(&call, never_ran(*status), &ignored);
	return RAN;
}
