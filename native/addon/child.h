/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vfork child: everything that happens between clone3 and execve, in memory shared with a
 * suspended parent. No allocation, no N-API, no libc wrapper with state in here.
 */
#ifndef CORRAL_CHILD_H
#define CORRAL_CHILD_H

/* One guard page at the bottom, the rest is far more than the child uses. */
#define CHILD_STACK_BYTES (64 * 1024)

/* Which call failed; the names are in spawn.c. */
enum child_stage { STAGE_NONE, STAGE_DUP, STAGE_CHDIR, STAGE_EXEC };

/* Shared between parent and child; written by the child only in `moved`, `error` and `stage`. */
struct child {
	const char *file;
	char **argv;
	char **env;
	const char *cwd; /* NULL: inherited */
	int fd_count;
	int *fds;   /* fds[i] becomes descriptor i; -1: i is closed */
	int *moved; /* scratch of the same length */
	volatile int error;
	volatile enum child_stage stage;
};

/* What parent_clone asks of the kernel; a negative cgroup_fd means "the parent's group". */
long clone_child(struct child *child, void *stack, int cgroup_fd, int *pidfd);

#endif
