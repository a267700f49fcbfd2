/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps the kernel's lock on moves between groups from cooling. After some milliseconds without a move the next one waits for
 * an RCU grace period (kernel/locking/percpu-rwsem.c); one that comes before that does not. This process moves itself to
 * where it is, again and again: nothing changes but the lock. Only ever itself, so that nobody else is moved by it.
 */
#include "launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* --period-ms N --procs PATH */
static int parse_options(int argc, char **argv, long long *period_ms)
{
	if (argc != 4 || strcmp(argv[0], "--period-ms") != 0 || !parse_number(argv[1], 1, INT_MAX, period_ms) ||
	    strcmp(argv[2], "--procs") != 0)
		return -1;
	return open(argv[3], O_WRONLY | O_CLOEXEC);
}

int warm_main(int argc, char **argv)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	long long period_ms;
	int fd = parse_options(argc, argv, &period_ms), ready;

	/* In Corral's session still, whose share of the CPU it has (sched(7), autogroup): a late touch is none. */
	ignore_endings();
	if (fd < 0)
		return EXIT_TETHER_FAILED;
	for (;;) {
		if (write(fd, "0", 1) < 0 && errno != EINTR)
			return EXIT_TETHER_FAILED; /* the group is gone, or it is no longer ours to write */
		ready = poll(&input, 1, (int)period_ms);
		/* Whatever stdin says, a goodbye or a death, there is nothing to be put back. */
		if (ready > 0 || (ready < 0 && errno != EINTR))
			return 0;
	}
}
