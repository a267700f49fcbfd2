/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One spawn from its arguments to its result. It owns copies of everything it was asked for, so that
 * it can be carried out on any thread; nothing of `perform_spawn` touches N-API.
 */
#ifndef CORRAL_SPAWN_H
#define CORRAL_SPAWN_H

#include <sys/types.h>

#include "addon.h"
#include "child.h"

/* In `fds`, beside descriptors and -1 for a closed one. */
#define FD_PIPE_WRITTEN_BY_CHILD (-2)
#define FD_PIPE_READ_BY_CHILD (-3)

struct spawn {
	struct child child;
	char *file;
	char *cwd;
	/* What child.argv and child.env point into. */
	char *argv_block;
	char *env_block;
	/* Directory of the v2 group to be born in, NULL: none. */
	char *cgroup;
	/* As given; `child.fds` holds what they become. */
	int *wanted;
	/* Ends of the pipes made for `wanted`, -1 where there is none. */
	int *ours;
	int *theirs;

	/* How long to wait for the end of the first pipe that the child writes; 0: not at all. */
	int read_ms;

	/* The result: a child or a failed call. */
	pid_t pid;
	int pidfd;
	long peak_rss_kib;
	/* What came through that pipe, when it closed in time and all of it fits; else -1 bytes, and the pipe is untouched. */
	char output[4096];
	int output_length;
	int error;
	const char *syscall_name;
};

/* spawn-arguments.c: false leaves an exception pending; free in both cases. */
bool read_spawn(napi_env env, napi_callback_info info, struct spawn *spawn);
void free_spawn(struct spawn *spawn);

/* The thread is suspended until the child has executed its file. `stack` is one of map_stack(). */
void perform_spawn(struct spawn *spawn, void *stack);
void *map_stack(void);
/* Kills and reaps a child that nobody will ever hear of, and closes what belongs to it. */
void abandon_spawn(struct spawn *spawn);
/* { pid, pidfd, pipes, ownPeakRssBytes, output }; NULL with an exception pending when it cannot be made. */
napi_value spawn_result(napi_env env, const struct spawn *spawn);

#endif
