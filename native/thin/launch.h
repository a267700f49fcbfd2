/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORRAL_THIN_LAUNCH_H
#define CORRAL_THIN_LAUNCH_H

#include <stdbool.h>
#include <stddef.h>

/* How a workload is launched. */
struct launch {
	const char *group; /* directory of the v2 group that it is to be born in; NULL: none */
	char **options; /* the launcher's, `--` the last of them */
	size_t option_count;
	char **changes; /* to the environment, as change_environment takes them */
	size_t change_count;
	bool stdout_to_stderr;
	char **command;
	/* Asked by the process itself when all else is done: whether it needs no word to go on; NULL: it does. */
	bool (*may_go)(void);
};

/* A launcher on its way to be the workload. */
struct launched {
	int pid;
	int channel;
	/* All that it wrote; ends with `held` while it waits. */
	const char *status;
	bool held;
	/* It needed no word; when it was made, in clock ticks since boot (proc_pid_stat(5)), and when it went on (CLOCK_MONOTONIC). */
	bool released;
	long long start_ticks, released_ns;
};

/* Starts it, up to the point where it waits, has gone on by itself, or has failed; false: no process can be made. */
bool start_launch(const struct launch *launch, struct launched *launched);
/* Lets it execute the command if it waits; `status` is then whole. True when it does. */
bool finish_launch(struct launched *launched);
/* Kills and reaps it. */
void drop_launch(const struct launched *launched);

#endif
