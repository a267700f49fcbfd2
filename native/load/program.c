/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker that is another program: it has the memory, a pipe to say that it waits, and one whose end lets it go, and keeps
 * its counters and its record itself (native/BOUNDARY.md).
 */
#include "set.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* Above all descriptors that the program is given, so that none is in the way of another. */
#define FIRST_FREE_FD 10

static bool give(int fd, int as)
{
	int free_fd = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE_FD);

	return free_fd >= 0 && dup2(free_fd, as) == as;
}

static bool give_descriptors(const struct load_set *set)
{
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	/* Before the places of 4 and 5 are taken, which may be theirs. */
	int ready = fcntl(set->ready_pipe[1], F_DUPFD_CLOEXEC, FIRST_FREE_FD);
	int go = fcntl(set->go_pipe[0], F_DUPFD_CLOEXEC, FIRST_FREE_FD);

	if (nothing < 0 || ready < 0 || go < 0)
		return false;
	/* What it prints is for people: our output is the leader's. */
	return give(nothing, STDIN_FILENO) && give(STDERR_FILENO, STDOUT_FILENO) && give(LOAD_MEMORY_FD, LOAD_MEMORY_FD) &&
	       dup2(ready, LOAD_READY_FD) == LOAD_READY_FD && dup2(go, LOAD_GO_FD) == LOAD_GO_FD;
}

int become_program(const struct load_set *set, uint32_t index)
{
	const struct load_options *options = set->options;
	const char *argv[LOAD_TEXTS + 2];
	char number[16];

	for (uint32_t at = 0; at < options->text_count; at += 1)
		argv[at] = options->texts[at];
	snprintf(number, sizeof(number), "%u", index);
	argv[options->text_count] = number;
	argv[options->text_count + 1] = NULL;
	if (give_descriptors(set))
		execv(argv[0], (char *const *)(uintptr_t)argv);
	return errno;
}
