/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

struct partners {
	int32_t pids[2];
};

size_t signals_bytes(const struct load_options *options)
{
	(void)options;
	return sizeof(struct partners);
}

static _Thread_local volatile sig_atomic_t arrived;

static void count(int signal)
{
	(void)signal;
	arrived += 1;
}

bool ready_signals(struct load *load)
{
	struct partners *partners = load->shared;
	struct sigaction action = { .sa_handler = count, .sa_flags = SA_RESTART };

	__atomic_store_n(&partners->pids[load->place], load->counters->pid, __ATOMIC_RELEASE);
	return sigaction(SIGUSR2, &action, NULL) == 0;
}

/*
 * Parameters: signals per iteration, turns of the spin loop after them. Units of work are signals that arrived. A partner
 * that has ended is not reaped, so his pid is still his.
 */
void work_signals(struct load *load)
{
	struct partners *partners = load->shared;
	pid_t other = __atomic_load_n(&partners->pids[1 - load->place], __ATOMIC_ACQUIRE);

	while (load_goes_on(load)) {
		sig_atomic_t before = arrived;

		for (uint64_t at = 0; at < load_param(load, 0); at += 1)
			if (syscall(SYS_tkill, other, SIGUSR2) != 0)
				load_failed(load, errno);
		load_spin(load_param(load, 1));
		load_count(load, (uint64_t)(unsigned)(arrived - before));
		load_look(load);
	}
}
