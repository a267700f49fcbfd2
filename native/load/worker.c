/* SPDX-License-Identifier: Apache-2.0 */
#include "set.h"
#include "proc.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Only so that a blocking call returns. */
static void interrupt(int signal)
{
	(void)signal;
}

static void take_signals(void)
{
	struct sigaction action = { .sa_handler = interrupt };
	sigset_t none;

	sigaction(SIGUSR1, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool take_identity(const struct load_options *options)
{
	if (options->gid >= 0 || options->uid >= 0)
		if (setgroups(0, NULL) != 0 && errno != EPERM)
			return false;
	if (options->gid >= 0 && setresgid((gid_t)options->gid, (gid_t)options->gid, (gid_t)options->gid) != 0)
		return false;
	return options->uid < 0 || setresuid((uid_t)options->uid, (uid_t)options->uid, (uid_t)options->uid) == 0;
}

static void take_mempolicy(struct load *load)
{
	const struct load_options *options = load->options;

	if (options->mempolicy >= 0 &&
	    syscall(SYS_set_mempolicy, options->mempolicy, options->mempolicy_nodes, LOAD_NODES + 1) != 0)
		load->record->mempolicy_errno = errno;
}

/* The leader's death is ours; it may have come before we could ask for that. */
static void die_with(pid_t leader)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != leader)
		_exit(1);
}

static void wait_for_go(struct load *load)
{
	struct load_header *header = load->header;

	__atomic_store_n(&load->counters->stage, LOAD_READY, __ATOMIC_RELEASE);
	__atomic_fetch_add(&header->ready, 1, __ATOMIC_RELEASE);
	load_wake(&header->ready, 1);
	while (__atomic_load_n(&header->state, __ATOMIC_ACQUIRE) == LOAD_WAITING)
		load_wait(&header->state, LOAD_WAITING);
}

bool enter_process(const struct load_options *options, struct load_record *record, pid_t leader)
{
	/* The leader's, whose other ends tell by closing. */
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	take_signals();
	if (!take_identity(options)) {
		record->identity_errno = errno;
		return false;
	}
	die_with(leader);
	return true;
}

static struct load task_of(const struct load_set *set, uint32_t index)
{
	struct load load = {
		.options = set->options,
		.header = set->header,
		.counters = &set->counters[index],
		.record = set_record(set, index),
		.index = index,
		.place = index % set->group_size,
		.group_size = set->group_size,
		.shared = set->groups + (size_t)(index / set->group_size) * set->group_bytes,
	};

	load.record->latency_kind = set->options->type->latency;
	load.record->role = load.place;
	load.record->group = index / set->group_size;
	return load;
}

int run_task(const struct load_set *set, uint32_t index)
{
	const struct load_type *type = set->options->type;
	struct load load = task_of(set, index);

	load.counters->pid = gettid();
	load.schedstat_fd = open_schedstat();
	if (set->options->comm != NULL)
		prctl(PR_SET_NAME, set->options->comm);
	take_mempolicy(&load);
	if (type->is_program) {
		load_failed(&load, become_program(set, index));
		return 1;
	}
	load.random = (uint64_t)load.counters->pid << 32 | 1;
	if (type->ready != NULL && !type->ready(&load)) {
		load_failed(&load, errno);
		return 1;
	}
	wait_for_go(&load);
	load_begin(&load);
	if (load_goes_on(&load))
		type->work(&load);
	load_end(&load);
	return 0;
}

int run_worker(const struct load_set *set, uint32_t index, pid_t leader)
{
	if (!enter_process(set->options, set_record(set, index), leader))
		return 1;
	return run_task(set, index);
}
