/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corral: what `corral` is once it is installed. It does itself what must not cost a start of Node,
 *   corral tool run   as src/cli/tool-command.ts does it (tool.c, call.c)
 *   corral run        where a guard answers: the guard reads the command line, plans, records and judges, this makes the process
 *                     of the workload and waits for it (run.c, job.c, launch.c)
 *   bash -c           when it is called by the name `bash`: the same for the command of a shell (shim.c)
 * and becomes Node for everything else, a mistake on the command line included (node.c).
 * Static, single-threaded. What it needs of libc, and no more, is in native/freestanding. native/BOUNDARY.md has the contract.
 */
#ifndef CORRAL_THIN_H
#define CORRAL_THIN_H

#include <stdbool.h>
#include <stddef.h>

/* src/report/error-codes.ts */
#define EXIT_USAGE 2
#define EXIT_CORRAL 125
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND 127

/* A text that grows up to its size; `cut` tells that something did not fit. */
struct text {
	char *bytes;
	size_t used, size;
	bool cut;
};

/* Bytes of somebody else's, not ended by a zero; NULL: none. */
struct span {
	const char *bytes;
	size_t length;
};

/* utf8.c */
/* The first character of a text that a zero ends; U+FFFD for bytes that are none. Returns how many bytes it has. */
size_t utf8_first(const char *text, unsigned *character);
void put(struct text *out, const char *text);
void put_bytes(struct text *out, const char *bytes, size_t length);
void put_character(struct text *out, unsigned character);
void put_decimal(struct text *out, long long value);
bool utf8_valid(const char *text);
/* Without quotes, at most so many UTF-16 units; `plain`: also what would change how a line looks is escaped. Returns what is left. */
size_t put_escaped(struct text *out, const char *text, size_t most, bool plain);

/* json.c: a strict reader; what is not JSON has no members. */
bool json_valid(struct span text);
/* The value of a member of an object. */
struct span json_member(struct span object, const char *name);
/* The elements of an array, of which the first `most` are kept; how many there are. */
size_t json_elements(struct span array, struct span *elements, size_t most);
/* A whole number of at most nine digits; -1 for anything else. */
long json_number(struct span value);
/* Whether it is `true`, `null` or another such word. */
bool json_is(struct span value, const char *word);
/* The characters of a string into `out`; false for what is no string. */
bool json_string(struct span value, struct text *out);
/* As JSON.stringify(value, null, 2) does it. */
void json_indented(struct span value, struct text *out);

/* http.c: one kept connection, whose end is the end of its tool calls. */
struct reply {
	int status;
	struct span body;
};
/* Where the guard is when no flag says so. */
const char *guard_socket(void);
/* -1: nobody answers there. */
int guard_connect(const char *path);
/* Waits no longer than so for the next that comes, be it only that the reply will. */
void guard_patience(int connection, int seconds);
/* Whether the reply that did not come was waited for in vain, and the guard has not gone away. */
bool guard_is_silent(void);
/* Whether it has closed the connection by now, as the kernel does for one that dies. */
bool guard_has_gone(int connection);
/* Sends a POST with a JSON body; false when the guard went away. */
bool guard_send(int connection, const char *path, struct span body);
/* Waits for the reply to it; false when the guard went away, or what answers is none. It lasts until the next. */
bool guard_receive(int connection, struct reply *reply);
bool guard_post(int connection, const char *path, struct span body, struct reply *reply);

/* environ.c */
const char *variable(const char *name);
/* Gives a workload the variable back that was put aside for the sake of a quick start. */
void restore_environment(void);
/* Puts it aside. */
void lighten_environment(void);
/* A tool is not the client: it acts for no session. */
void drop_token(void);
/* Sets `NAME=VALUE` and removes `NAME`, one after the other; false without memory. */
bool change_environment(char **changes, size_t count);

/* says.c: Corral's own words on stderr. */
void say(const char *line);
void write_all(int fd, const char *bytes, size_t length);
const char *errno_name(int number);
void quote(struct text *out, const char *text);
/* Tells the error of a reply; the exit status that goes with it. */
int say_error(struct span body);
/* Why a command could not be executed; the exit status that goes with it. */
int say_not_executed(const char *command, int error);

/* node.c */
_Noreturn void become_node(int argc, char **argv);
/* The path of the running program; false when /proc does not tell. */
bool own_path(char *path, size_t size);

/* signals.c */
void hold_signals(void);
/* In a child: as they were found. */
void release_signals(void);
/* Passes signals on until the child has ended; its wait status. */
int wait_passing_signals(int child);
struct rusage;
/*
 * Waits for the child; 0 when it has ended, else the signal because of which to leave. `shared`: INT and QUIT reach the child's
 * process group as well, which is ours.
 */
int wait_or_leave(int child, bool shared, int *status, struct rusage *usage);
/* SIGKILL, SIGRTMIN+1 */
void put_signal_name(struct text *out, int number);

/* call.c */
struct tool {
	const char *session; /* NULL: that of the caller's group */
	const char *hint; /* NULL: none */
	const char *report; /* NULL: none */
	const char *file; /* what is executed, looked up on PATH */
	char **argv;
	bool shim; /* without a session to run in there is no call */
};
/* What became of an attempt to run a tool. */
enum outcome { RAN, NO_GUARD, NO_SESSION };
/* `status`: how to exit, after RAN. */
enum outcome run_call(int connection, const struct tool *tool, int *status);

/* report.c */
/* Whether a report goes to a plain file in a directory that may be written to; all else is Node's. */
bool report_is_plain(const char *path);
/* The exit status of a failure, which is said in one line that begins with `before`, else 0. */
int write_report(const char *path, struct span result, const char *before);
/* Readers see the old text or the new; `durable`: also after a crash of the machine. False: errno tells why. */
bool replace_file(const char *path, const struct text *text, bool durable);
/* Prints one on stdout. */
void print_report(struct span result);

/* tool.c; returns when Node is to do it. */
void tool_run(int argc, char **argv);

/* run.c; returns when Node is to do it. */
void run_run(int argc, char **argv);

/* ahead.c: the start record of a job whose process needs not ask again before it executes its command. */
struct ahead {
	char path[4096];
	/* What stands before, between and after the three that only the process itself sees; four parts, none: there is no such record. */
	char **parts;
	size_t count;
};
/* Puts on record that this process goes on now, and tells its parent; false: it is to wait for the guard's word. */
bool put_on_record(const struct ahead *ahead);

/* job.c */
/* False: nothing has begun, and Node is to do it. `status`: how to exit. */
bool run_job(int connection, int argc, char **argv, struct span request, int *status);

/* shim.c */
bool is_shim(const char *name);
_Noreturn void shim_main(char **argv);

#endif
