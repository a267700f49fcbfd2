/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the helpers beside a Corral have in common: they outlive it, and learn of its death from their stdin, a pipe whose
 * only writer is that Corral. The byte `q` is a goodbye, end of file without it is a death.
 */
#include "launcher.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

long long now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

void ignore_endings(void)
{
	static const int ignored[] = { SIGINT, SIGHUP, SIGTERM, SIGQUIT, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU };

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
}

void outlive_corral(void)
{
	ignore_endings();
	/* Fails only for a group leader, which is out of Corral's group already. */
	setsid();
}

bool wait_for_goodbye(long long limit_ms)
{
	long long deadline = limit_ms < 0 ? -1 : now_ms() + limit_ms;
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	char byte;

	for (;;) {
		long long left = deadline < 0 ? -1 : deadline - now_ms();
		ssize_t length;

		if (deadline >= 0 && left <= 0)
			return false;
		if (poll(&input, 1, left < 0 ? -1 : (int)left) == 0)
			continue;
		length = read(STDIN_FILENO, &byte, 1);
		if (length == 1 && byte == 'q')
			return true;
		if (length == 0)
			return false;
		if (length > 0 || errno == EINTR || errno == EAGAIN)
			continue;
		if (errno == EBADF || errno == EISDIR || errno == EINVAL)
			_exit(EXIT_TETHER_FAILED); /* never tied to anybody: end nothing */
		return false; /* ECONNRESET and the like: the writer is gone */
	}
}
