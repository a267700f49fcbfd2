/* SPDX-License-Identifier: Apache-2.0 */
#include "launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The kernel's NSIG (64) and the size of its signal set in bytes, on x86 and arm64. */
#define KERNEL_SIGNALS 64
#define KERNEL_SIGSET_BYTES 8

static void parse_options(int argc, char **argv, struct run_options *options, int *command)
{
	/* One slot per argument is always enough. */
	struct join *joins = calloc((size_t)argc + 1, sizeof(*joins));
	const char **rlimits = calloc((size_t)argc + 1, sizeof(*rlimits));
	int i = 0;

	if (joins == NULL || rlimits == NULL)
		_exit(EXIT_NOT_STARTED);
	*options = (struct run_options){ .status_fd = -1, .hold_fd = -1, .joins = joins, .rlimits = rlimits };
	const struct {
		const char *name;
		const char **value;
	} values[] = {
		{ "--oom-score", &options->oom_score }, { "--nice", &options->nice },
		{ "--ioprio", &options->ioprio },	{ "--sched", &options->sched },
		{ "--affinity", &options->affinity },	{ "--groups", &options->groups },
		{ "--gid", &options->gid },		{ "--uid", &options->uid },
		{ "--workdir", &options->workdir },
	};

	for (i = 0; i < argc; i++) {
		const char *name = argv[i];
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;
		long long number;
		size_t known;

		if (strcmp(name, "--") == 0) {
			*command = i + 1;
			return;
		}
		if (strcmp(name, "--pgroup") == 0) {
			options->pgroup = true;
			continue;
		}
		if (strcmp(name, "--strict") == 0) {
			options->strict = true;
			continue;
		}
		if (value == NULL)
			break;
		i++;
		if (strcmp(name, "--status") == 0) {
			if (!parse_number(value, 0, INT_MAX, &number))
				break;
			options->status_fd = (int)number;
			status_open(options->status_fd);
			continue;
		}
		if (strcmp(name, "--hold") == 0) {
			if (!parse_number(value, 0, INT_MAX, &number))
				break;
			options->hold_fd = (int)number;
			continue;
		}
		if (strcmp(name, "--join") == 0 || strcmp(name, "--place") == 0) {
			joins[options->join_count++] = (struct join){ value, strcmp(name, "--place") == 0 };
			continue;
		}
		if (strcmp(name, "--rlimit") == 0) {
			rlimits[options->rlimit_count++] = value;
			continue;
		}
		for (known = 0; known < sizeof(values) / sizeof(values[0]); known++)
			if (strcmp(name, values[known].name) == 0)
				break;
		if (known == sizeof(values) / sizeof(values[0]))
			break;
		*values[known].value = value;
	}
	status_fail("usage", EINVAL);
}

/*
 * Node ignores SIGPIPE and SIGXFSZ, and ignored signals survive exec. Raw calls, because libc
 * refuses to touch the two real-time signals it keeps for itself.
 */
static void reset_signals(void)
{
	/* Zero is SIG_DFL, no flags, empty mask; larger than any architecture's struct. */
	static const unsigned long action[8];
	static const unsigned long empty[KERNEL_SIGSET_BYTES / sizeof(unsigned long)];

	for (int number = 1; number <= KERNEL_SIGNALS; number++)
		if (number != SIGKILL && number != SIGSTOP)
			syscall(SYS_rt_sigaction, number, action, NULL, KERNEL_SIGSET_BYTES);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, empty, NULL, KERNEL_SIGSET_BYTES);
}

/* Whole or not at all: the caller writes it at once, and a pipe keeps so few bytes together. */
static bool read_all(int fd, void *into, size_t size)
{
	ssize_t length;

	do
		length = read(fd, into, size);
	while (length < 0 && errno == EINTR);
	return length == (ssize_t)size;
}

/* sched_setattr(2), as far as fair processes are concerned; glibc of Debian 12 does not know it. */
struct fair_request {
	unsigned int size;
	unsigned int policy;
	unsigned long long flags;
	int nice;
	unsigned int priority;
	unsigned long long slice_ns;
	unsigned long long deadline_ns;
	unsigned long long period_ns;
};

/* Linux 6.12 and later let a fair process that asks for so little run before those that do not. */
#define SHORT_SLICE_NS 100000
/* Enough for others that woke at the same moment to say so: each needs some microseconds. */
#define STEP_ASIDE_NS 20000

/* Where groups may have no real-time processes (cpu.rt_runtime_us of cgroup v1 is 0). */
static bool ask_short_slice(struct fair_request *own)
{
	struct fair_request brief;

	if (syscall(SYS_sched_getattr, 0, own, (unsigned int)sizeof(*own), 0) < 0 || own->policy != SCHED_OTHER)
		return false;
	brief = *own;
	brief.slice_ns = SHORT_SLICE_NS;
	return syscall(SYS_sched_setattr, 0, &brief, 0) == 0;
}

/* Many that wake for one moment would wait for each other's execs else. */
static void step_aside(void)
{
	struct timespec moment = { .tv_sec = 0, .tv_nsec = STEP_ASIDE_NS };

	syscall(SYS_clock_nanosleep, (long)CLOCK_MONOTONIC, 0L, &moment, NULL);
}

/*
 * Sleeps until then by CLOCK_MONOTONIC, and says when it woke. A moment that is over is now. Where it may, it is a real-time
 * process for that time only: many that wake for one moment would wait for each other's time slices else.
 */
static void wait_until(long long at_ns)
{
	struct timespec time = { .tv_sec = at_ns / 1000000000, .tv_nsec = at_ns % 1000000000 };
	struct sched_param first = { .sched_priority = 1 };
	struct sched_param own = { 0 };
	struct fair_request fair = { 0 };
	long policy = syscall(SYS_sched_getscheduler, 0);
	bool urgent = policy >= 0 && syscall(SYS_sched_getparam, 0, &own) == 0 &&
		      syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &first) == 0;
	bool brief = !urgent && ask_short_slice(&fair);

	while (syscall(SYS_clock_nanosleep, (long)CLOCK_MONOTONIC, (long)TIMER_ABSTIME, &time, NULL) < 0 &&
	       errno == EINTR)
		;
	clock_gettime(CLOCK_MONOTONIC, &time);
	if (!urgent)
		step_aside();
	if (urgent && syscall(SYS_sched_setscheduler, 0, (int)policy, &own) < 0)
		status_fail("hold", errno);
	if (brief && syscall(SYS_sched_setattr, 0, &fair, 0) < 0)
		status_fail("hold", errno);
	status_began(time.tv_sec * 1000000000LL + time.tv_nsec);
}

/*
 * Everything but the exec is done: the caller may look at the result, record the process or move it, and
 * then lets go with one byte: `t` and eight more are the moment of the exec. End of file means that the caller died or
 * decided against it.
 */
static void hold(int fd)
{
	long long at_ns;
	char byte;

	if (fd < 0)
		return;
	/* The caller's pipes are made for an event loop; here the read is to wait. */
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, 0) < 0)
		status_fail("hold", errno);
	status_held();
	errno = ECANCELED;
	if (!read_all(fd, &byte, 1))
		status_fail("hold", errno);
	if (byte != 't')
		return;
	if (!read_all(fd, &at_ns, sizeof(at_ns)))
		status_fail("hold", errno);
	wait_until(at_ns);
}

int run_within(int argc, char **argv, bool (*may_go)(void))
{
	struct run_options options;
	int command = argc;

	/* A status reader that died must not kill the launcher before it becomes the workload. */
	signal(SIGPIPE, SIG_IGN);
	parse_options(argc, argv, &options, &command);
	if (command >= argc)
		status_fail("usage", EINVAL);
	status_ready();
	if (may_go == NULL)
		status_flush();
	apply_joins(&options);
	apply_attributes(&options);
	apply_identity(&options);
	if (options.workdir != NULL && chdir(options.workdir) < 0)
		status_fail("workdir", errno);
	if (may_go == NULL || !status_all_set() || !may_go())
		hold(options.hold_fd);
	status_flush();
	reset_signals();
	execvp(argv[command], argv + command);
	status_fail("exec", errno);
}

int run_main(int argc, char **argv)
{
	return run_within(argc, argv, NULL);
}
