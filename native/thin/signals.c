/* SPDX-License-Identifier: Apache-2.0 */
#include "thin.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Raw calls with the kernel's own structures: libc's know nothing of two of the real-time signals. */
#define SIGSET_BYTES 8
#define ACTION_WORDS 8
#define BIT(number) (1UL << ((number) - 1))

static const unsigned long passed_on = BIT(SIGINT) | BIT(SIGQUIT) | BIT(SIGTERM) | BIT(SIGHUP) | BIT(SIGUSR1) | BIT(SIGUSR2);
/* A terminal sends these to the tool as well; from elsewhere they reach this process alone. */
static const unsigned long of_terminal = BIT(SIGINT) | BIT(SIGQUIT);

static unsigned long found_mask;
static unsigned long found_chld[ACTION_WORDS], found_pipe[ACTION_WORDS];

/*
 * From now on they wait to be taken, so that one that comes before the tool exists reaches it as its first. Linux keeps a
 * blocked signal also where it is ignored.
 */
void hold_signals(void)
{
	static const unsigned long by_default[ACTION_WORDS];
	static const unsigned long ignored[ACTION_WORDS] = { (unsigned long)SIG_IGN };
	unsigned long held = passed_on | BIT(SIGCHLD);

	syscall(SYS_rt_sigprocmask, (long)SIG_BLOCK, &held, &found_mask, (long)SIGSET_BYTES);
	/* Where it is ignored the kernel reaps children itself, and nobody learns how they ended. */
	syscall(SYS_rt_sigaction, (long)SIGCHLD, by_default, found_chld, (long)SIGSET_BYTES);
	/* A stderr that nobody reads shall not change how we exit. */
	syscall(SYS_rt_sigaction, (long)SIGPIPE, ignored, found_pipe, (long)SIGSET_BYTES);
}

void release_signals(void)
{
	syscall(SYS_rt_sigaction, (long)SIGCHLD, found_chld, NULL, (long)SIGSET_BYTES);
	syscall(SYS_rt_sigaction, (long)SIGPIPE, found_pipe, NULL, (long)SIGSET_BYTES);
	syscall(SYS_rt_sigprocmask, (long)SIG_SETMASK, &found_mask, NULL, (long)SIGSET_BYTES);
}

int wait_passing_signals(int child)
{
	const unsigned long awaited = passed_on | BIT(SIGCHLD);
	int status;

	for (;;) {
		pid_t ended = waitpid(child, &status, WNOHANG);
		long number;

		if (ended == child)
			return status;
		if (ended < 0 && errno != EINTR)
			return 0;
		number = syscall(SYS_rt_sigtimedwait, &awaited, NULL, NULL, (long)SIGSET_BYTES);
		if (number <= 0 || number == SIGCHLD)
			continue;
		if ((BIT(number) & of_terminal) == 0 || !isatty(STDIN_FILENO))
			kill(child, (int)number);
	}
}

int wait_or_leave(int child, bool shared, int *status, struct rusage *usage)
{
	const unsigned long awaited = passed_on | BIT(SIGCHLD);
	/* Of no meaning to Corral, and no reason to end. */
	const unsigned long ignored = BIT(SIGUSR1) | BIT(SIGUSR2) | BIT(SIGCHLD) | (shared ? of_terminal : 0);

	for (;;) {
		pid_t ended = wait4(child, status, WNOHANG, usage);
		long number;

		if (ended == child)
			return 0;
		number = syscall(SYS_rt_sigtimedwait, &awaited, NULL, NULL, (long)SIGSET_BYTES);
		if (number > 0 && (BIT(number) & ignored) == 0)
			return (int)number;
	}
}

void put_signal_name(struct text *out, int number)
{
	static const char names[][8] = {
		"HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV",
		"USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU",
		"URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
	};
	/* As glibc and musl have it. */
	static const int first_realtime = 34;
	char realtime[24];

	put(out, "SIG");
	if (number >= 1 && number <= (int)(sizeof(names) / sizeof(names[0]))) {
		put(out, names[number - 1]);
	} else {
		put(out, "RTMIN");
		snprintf(realtime, sizeof(realtime), "+%d", number - first_realtime);
		if (number > first_realtime)
			put(out, realtime);
	}
}
