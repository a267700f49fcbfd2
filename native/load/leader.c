/* SPDX-License-Identifier: Apache-2.0 */
#include "set.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* A worker that is to stop is interrupted again and again: the first time may have come before it blocked. */
#define INTERRUPT_EVERY_MS 20

static void tell_number(const char *name, uint64_t number)
{
	report_text(name);
	report_number(number);
}

static int fail(const char *what)
{
	int error = errno;

	report_text("fail ");
	report_text(what);
	tell_number(" ", (uint64_t)error);
	report_text("\n");
	report_flush();
	return 1;
}

static int children_fd(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static bool make_workers(const struct load_set *set)
{
	pid_t leader = getpid();

	for (uint32_t index = 0; index < set->options->workers; index += 1) {
		pid_t pid = fork();

		if (pid == 0) {
			setpgid(0, 0);
			_exit(run_worker(set, index, leader));
		}
		if (pid < 0)
			return false;
		/* On both sides, so that it holds for both at once. */
		setpgid(pid, pid);
		set->counters[index].pid = pid;
	}
	return true;
}

/* Tells every worker that has ended since the last time. They are not reaped: their pids stay theirs until we end. */
static uint32_t tell_ended(const struct load_set *set)
{
	uint32_t ended = 0;

	for (uint32_t index = 0; index < set->options->workers; index += 1) {
		struct load_counters *counters = &set->counters[index];
		siginfo_t info = { .si_pid = 0 };

		if (counters->ended == 0 && counters->pid > 0 &&
		    waitid(P_PID, (id_t)counters->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
			counters->ended_ns = now_ns();
			counters->wait_status = info.si_code == CLD_EXITED ? info.si_status << 8 : info.si_status;
			__atomic_store_n(&counters->ended, 1, __ATOMIC_RELEASE);
			tell_number("ended ", index);
			tell_number(" ", (uint64_t)counters->wait_status);
			report_text("\n");
		}
		ended += counters->ended;
	}
	report_flush();
	return ended;
}

static void signal_workers(const struct load_set *set, int signal, bool whole_groups)
{
	for (uint32_t index = 0; index < set->options->workers; index += 1) {
		const struct load_counters *counters = &set->counters[index];

		/* What a worker made is in its process group, also when it has ended itself. */
		if (whole_groups && counters->pid > 0)
			kill(-counters->pid, signal);
		else if (counters->pid > 0 && counters->ended == 0)
			kill(counters->pid, signal);
	}
}

static void set_state(const struct load_set *set, enum load_state state)
{
	uint64_t *at = state == LOAD_RUNNING ? &set->header->released_ns : &set->header->stopped_ns;

	*at = now_ns();
	__atomic_store_n(&set->header->state, state, __ATOMIC_RELEASE);
	load_wake(&set->header->state, UINT32_MAX);
	if (set->options->type->is_program && state == LOAD_RUNNING)
		close(set->go_pipe[1]);
}

/* Until every worker waits or has ended. */
static void await_ready(const struct load_set *set)
{
	struct load_header *header = set->header;

	for (;;) {
		uint32_t ready = __atomic_load_n(&header->ready, __ATOMIC_ACQUIRE);

		if (ready + tell_ended(set) >= header->workers)
			return;
		load_wait(&header->ready, ready);
	}
}

/* The same of programs, each of which says so with a byte. */
static void await_programs(const struct load_set *set, int children)
{
	struct pollfd fds[] = { { .fd = set->ready_pipe[0], .events = POLLIN }, { .fd = children, .events = POLLIN } };
	struct signalfd_siginfo info;
	uint32_t ready = 0;

	/* Theirs: without it the pipe ends with the last of them. */
	close(set->ready_pipe[1]);
	while (ready + tell_ended(set) < set->options->workers) {
		char bytes[64];
		ssize_t length = poll(fds, 2, -1) > 0 && (fds[0].revents & POLLIN) ? read(fds[0].fd, bytes, sizeof(bytes)) : 0;

		ready += length > 0 ? (uint32_t)length : 0;
		if (fds[0].revents != 0 && length <= 0)
			fds[0].fd = -1;
		while (read(children, &info, sizeof(info)) > 0)
			;
	}
}

/* Does what stdin says; false at its end or when told to quit. */
static bool obey(const struct load_set *set)
{
	char words[16];
	ssize_t length = read(STDIN_FILENO, words, sizeof(words));

	if (length < 0 && errno == EINTR)
		return true;
	for (ssize_t at = 0; at < length; at += 1) {
		if (words[at] == 'g' && set->header->state == LOAD_WAITING)
			set_state(set, LOAD_RUNNING);
		else if (words[at] == 's' && set->header->state != LOAD_STOPPING)
			set_state(set, LOAD_STOPPING);
		else if (words[at] == 'k')
			signal_workers(set, SIGKILL, true);
		else if (words[at] == 'q')
			return false;
	}
	return length > 0;
}

static void lead(const struct load_set *set, int children)
{
	bool all_ended = false;
	struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = children, .events = POLLIN } };

	do {
		bool stopping = set->header->state == LOAD_STOPPING && !all_ended;
		struct signalfd_siginfo info;

		if (stopping)
			signal_workers(set, SIGUSR1, false);
		poll(fds, 2, stopping ? INTERRUPT_EVERY_MS : -1);
		while (read(children, &info, sizeof(info)) > 0)
			;
		if (tell_ended(set) == set->options->workers && !all_ended) {
			all_ended = true;
			report_text("done\n");
			report_flush();
		}
	} while ((fds[0].revents & (POLLIN | POLLHUP | POLLERR)) == 0 || obey(set));
}

int run_leader(const struct load_options *options)
{
	struct load_set set;
	int children;

	/* Signals of a terminal are for whoever started us. */
	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (!make_set(options, &set))
		return fail("memory");
	children = children_fd();
	if (children < 0)
		return fail("signalfd");
	if (!make_workers(&set)) {
		fail("fork");
		signal_workers(&set, SIGKILL, true);
		return 1;
	}
	if (options->type->is_program)
		await_programs(&set, children);
	else
		await_ready(&set);
	report_text("ready\n");
	report_flush();
	lead(&set, children);
	signal_workers(&set, SIGKILL, true);
	while (wait(NULL) > 0 || errno == EINTR)
		;
	return 0;
}
