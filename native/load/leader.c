/* SPDX-License-Identifier: Apache-2.0 */
#include "set.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
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

/* The value of the child's life is its exit status. */
static pid_t fork_worker(const struct load_crew *crew, uint32_t index, pid_t leader)
{
	pid_t pid = fork();

	if (pid == 0) {
		setpgid(0, 0);
		_exit(crew->pcomm == NULL ? run_worker(crew->sets, index, leader) : run_threads(crew, leader));
	}
	/* On both sides, so that it holds for both at once. */
	if (pid > 0)
		setpgid(pid, pid);
	return pid;
}

static bool make_workers(struct load_crew *crew)
{
	pid_t leader = getpid();

	if (crew->pcomm != NULL) {
		crew->process = fork_worker(crew, 0, leader);
		return crew->process > 0;
	}
	for (uint32_t index = 0; index < crew->sets->options->workers; index += 1) {
		pid_t pid = fork_worker(crew, index, leader);

		if (pid < 0)
			return false;
		crew->sets->counters[index].pid = pid;
	}
	return true;
}

/* The process of a worker; 0: it is not made. */
static pid_t process_of(const struct load_crew *crew, const struct load_counters *counters)
{
	return crew->pcomm == NULL ? counters->pid : crew->process;
}

/* A process is not reaped: pids stay theirs until we end. */
static bool see_end(const struct load_crew *crew, struct load_counters *counters)
{
	pid_t pid = process_of(crew, counters);
	siginfo_t info = { .si_pid = 0 };

	if (counters->ended != 0 || pid <= 0 || waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
		return false;
	counters->ended_ns = now_ns();
	counters->wait_status = info.si_code == CLD_EXITED ? info.si_status << 8 : info.si_status;
	__atomic_store_n(&counters->ended, 1, __ATOMIC_RELEASE);
	return true;
}

/* Tells every worker that has ended since the last time. Those of all sets are counted on. */
static uint32_t tell_ended(const struct load_crew *crew)
{
	uint32_t ended = 0, number = 0;

	for (uint32_t at = 0; at < crew->count; at += 1)
		for (uint32_t index = 0; index < crew->sets[at].options->workers; index += 1, number += 1) {
			struct load_counters *counters = &crew->sets[at].counters[index];

			if (see_end(crew, counters)) {
				tell_number("ended ", number);
				tell_number(" ", (uint64_t)counters->wait_status);
				report_text("\n");
			}
			ended += counters->ended;
		}
	report_flush();
	return ended;
}

static uint32_t count_workers(const struct load_crew *crew)
{
	uint32_t workers = 0;

	for (uint32_t at = 0; at < crew->count; at += 1)
		workers += crew->sets[at].options->workers;
	return workers;
}

/* What a worker made is in its process group, also when it has ended itself. */
static void kill_workers(const struct load_crew *crew)
{
	if (crew->process > 0)
		kill(-crew->process, SIGKILL);
	for (uint32_t index = 0; crew->pcomm == NULL && index < crew->sets->options->workers; index += 1)
		if (crew->sets->counters[index].pid > 0)
			kill(-crew->sets->counters[index].pid, SIGKILL);
}

static void interrupt_workers(const struct load_crew *crew)
{
	for (uint32_t at = 0; at < crew->count; at += 1)
		for (uint32_t index = 0; index < crew->sets[at].options->workers; index += 1) {
			const struct load_counters *counters = &crew->sets[at].counters[index];

			/* A thread that is gone, or another process of its number, is none of the process. */
			if (counters->pid > 0 && counters->ended == 0)
				syscall(SYS_tgkill, process_of(crew, counters), counters->pid, SIGUSR1);
		}
}

static void set_state(const struct load_crew *crew, enum load_state state)
{
	for (uint32_t at = 0; at < crew->count; at += 1) {
		const struct load_set *set = &crew->sets[at];

		*(state == LOAD_RUNNING ? &set->header->released_ns : &set->header->stopped_ns) = now_ns();
		__atomic_store_n(&set->header->state, state, __ATOMIC_RELEASE);
		load_wake(&set->header->state, UINT32_MAX);
		if (set->options->type->is_program && state == LOAD_RUNNING)
			close(set->go_pipe[1]);
	}
}

/* Until every worker of a set waits or has ended. */
static void await_ready(const struct load_crew *crew, const struct load_set *set)
{
	struct load_header *header = set->header;

	for (;;) {
		uint32_t ready = __atomic_load_n(&header->ready, __ATOMIC_ACQUIRE);

		if (ready + tell_ended(crew) >= header->workers)
			return;
		load_wait(&header->ready, ready);
	}
}

/* The same of programs, each of which says so with a byte. */
static void await_programs(const struct load_crew *crew, int children)
{
	const struct load_set *set = crew->sets;
	struct pollfd fds[] = { { .fd = set->ready_pipe[0], .events = POLLIN }, { .fd = children, .events = POLLIN } };
	struct signalfd_siginfo info;
	uint32_t ready = 0;

	/* Theirs: without it the pipe ends with the last of them. */
	close(set->ready_pipe[1]);
	while (ready + tell_ended(crew) < set->options->workers) {
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
static bool obey(const struct load_crew *crew)
{
	const uint32_t *state = &crew->sets->header->state;
	char words[16];
	ssize_t length = read(STDIN_FILENO, words, sizeof(words));

	if (length < 0 && errno == EINTR)
		return true;
	for (ssize_t at = 0; at < length; at += 1) {
		if (words[at] == 'g' && *state == LOAD_WAITING)
			set_state(crew, LOAD_RUNNING);
		else if (words[at] == 's' && *state != LOAD_STOPPING)
			set_state(crew, LOAD_STOPPING);
		else if (words[at] == 'k')
			kill_workers(crew);
		else if (words[at] == 'q')
			return false;
	}
	return length > 0;
}

static void lead(const struct load_crew *crew, int children)
{
	bool all_ended = false;
	struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = children, .events = POLLIN } };

	do {
		bool stopping = crew->sets->header->state == LOAD_STOPPING && !all_ended;
		struct signalfd_siginfo info;

		if (stopping)
			interrupt_workers(crew);
		poll(fds, 2, stopping ? INTERRUPT_EVERY_MS : -1);
		while (read(children, &info, sizeof(info)) > 0)
			;
		if (tell_ended(crew) == count_workers(crew) && !all_ended) {
			all_ended = true;
			report_text("done\n");
			report_flush();
		}
	} while ((fds[0].revents & (POLLIN | POLLHUP | POLLERR)) == 0 || obey(crew));
}

static bool make_sets(const struct load_options *options, struct load_crew *crew)
{
	/* Their places are kept, so that nothing else that is opened has them. */
	for (uint32_t at = 0; at < crew->count; at += 1)
		if (dup3(STDERR_FILENO, LOAD_MEMORY_FD + (int)at, O_CLOEXEC) < 0)
			return false;
	for (uint32_t at = 0; at < crew->count; at += 1)
		if (!make_set(&options[at], LOAD_MEMORY_FD + (int)at, &crew->sets[at]))
			return false;
	return true;
}

static void await_all(const struct load_crew *crew, int children)
{
	if (crew->sets->options->type->is_program)
		await_programs(crew, children);
	else
		for (uint32_t at = 0; at < crew->count; at += 1)
			await_ready(crew, &crew->sets[at]);
	report_text("ready\n");
	report_flush();
}

int run_leader(const struct load_options *options, uint32_t count, const char *pcomm)
{
	struct load_set sets[LOAD_SETS];
	struct load_crew crew = { .sets = sets, .count = count, .pcomm = pcomm };
	int children;

	/* Signals of a terminal are for whoever started us. */
	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (!make_sets(options, &crew))
		return fail("memory");
	children = children_fd();
	if (children < 0)
		return fail("signalfd");
	if (!make_workers(&crew)) {
		fail("fork");
		kill_workers(&crew);
		return 1;
	}
	await_all(&crew, children);
	lead(&crew, children);
	kill_workers(&crew);
	while (wait(NULL) > 0 || errno == EINTR)
		;
	return 0;
}
