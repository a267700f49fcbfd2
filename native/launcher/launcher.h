/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corral-launch: the four things that JavaScript cannot do for a workload.
 *   run     become the workload: join groups, set process attributes, exec (run.c, attributes.c)
 *   tether  end a workload when the Corral that asked for it dies (tether.c)
 *   restore put control files back when the Corral that changed them for a while dies (restore.c)
 *   warm    keep moves between groups quick (warm.c)
 * Static, single-threaded, no policy: every number comes from TypeScript already validated. What it needs of libc,
 * and no more, is in native/freestanding.
 * Options, order and status lines are specified in native/BOUNDARY.md.
 */
#ifndef CORRAL_LAUNCHER_H
#define CORRAL_LAUNCHER_H

#include <stdbool.h>
#include <stddef.h>

/* Exit status of a launcher that did not become the workload; the status fd says why. */
#define EXIT_NOT_STARTED 127
/* Exit status of a tether or restorer that cannot do its job (bad options, unusable stdin). */
#define EXIT_TETHER_FAILED 125

/* What `run` was asked to do. Strings point into argv; NULL or false means "leave as inherited". */
struct run_options {
	int status_fd; /* -1: write no status lines */
	int hold_fd; /* -1: exec at once; else wait there first, see hold() */
	bool strict;
	bool pgroup;
	const char *oom_score;
	const char *nice;
	const char *ioprio;
	const char *sched;
	const char *affinity;
	const char *groups;
	const char *gid;
	const char *uid;
	const char *workdir;
	const struct join *joins;
	int join_count;
	const char *const *rlimits;
	int rlimit_count;
};

struct join {
	const char *path;
	bool required;
};

int run_main(int argc, char **argv);
/*
 * The same for a program that is the launcher itself. When every join and attribute is as it was asked for, `may_go` is asked, last of all,
 * whether the command may be executed without a word; where it may not, or there is none (NULL), the launcher holds.
 */
int run_within(int argc, char **argv, bool (*may_go)(void));
int tether_main(int argc, char **argv);
int restore_main(int argc, char **argv);
int warm_main(int argc, char **argv);

/* goodbye.c */
long long now_ms(void);
/* Ignores the signals that end Corral. */
void ignore_endings(void);
/* The same, and leaves its session. */
void outlive_corral(void);
/* True when Corral said goodbye, false when it died, or when the limit has passed (-1: none). */
bool wait_for_goodbye(long long limit_ms);

/* status.c: lines on the status fd; see BOUNDARY.md for the grammar. */
void status_open(int fd);
void status_ready(void);
void status_held(void);
/* When the wait for a moment was over, by CLOCK_MONOTONIC. */
void status_began(long long at_ns);
/* Writes the lines that wait; `held` and `fail` do so themselves. */
void status_flush(void);
void status_set(const char *name, int error, const char *effective);
/* It goes on by itself, and its start record says so. */
void status_released(long long start_ticks, long long at_ns);
/* Whether no `set` has told of a failure. */
bool status_all_set(void);
_Noreturn void status_fail(const char *stage, int error);

/* attributes.c: each applies one attribute, reports it with `set`, and ends a strict run on failure. */
void apply_joins(const struct run_options *options);
void apply_attributes(const struct run_options *options);
void apply_identity(const struct run_options *options);

/* numbers.c: strict decimal parsing; false on anything but one number within [min, max]. */
bool parse_number(const char *text, long long min, long long max, long long *value);
bool parse_pair(const char *text, char separator, long long min, long long max, long long *first,
		long long *second);

#endif
