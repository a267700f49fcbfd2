/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"

struct pair {
	_Alignas(128) uint32_t turn; /* place whose turn it is */
	_Alignas(128) uint64_t handed_ns;
};

size_t pair_bytes(const struct load_options *options)
{
	(void)options;
	return sizeof(struct pair);
}

/* Each spins in his turn, hands it over and waits. Latency: from the handing over to running. */
static void take_turns(struct load *load, uint64_t spins)
{
	struct pair *pair = load->shared;
	bool begins = load->place == 0;

	while (load_await_change(load, &pair->turn, 1 - load->place)) {
		uint64_t now = now_ns();

		if (!begins)
			load_latency(load, now - pair->handed_ns);
		begins = false;
		load_look_at(load, now);
		load_spin(spins);
		load_count(load, spins + 1);
		pair->handed_ns = now_ns();
		__atomic_store_n(&pair->turn, 1 - load->place, __ATOMIC_RELEASE);
		load_wake(&pair->turn, 1);
		if (!load_goes_on(load))
			return;
	}
}

/* Parameter: turns of the spin loop. */
void work_futex_pair(struct load *load)
{
	take_turns(load, load_param(load, 0));
}

/* Among real-time tasks of the host, the middle. */
#define REALTIME_PRIORITY 50

/* Parameters: scheduling class of the first and of the second (enum load_class), turns of the spin loop. */
void work_asymmetric_waker(struct load *load)
{
	load_set_class(load, (enum load_class)load_param(load, load->place), REALTIME_PRIORITY);
	take_turns(load, load_param(load, 2));
}
