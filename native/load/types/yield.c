/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"

#include <sched.h>

/* The latency is how long the others had the CPU. */
static void yield_once(struct load *load, uint64_t units)
{
	uint64_t before = now_ns(), now;

	sched_yield();
	now = now_ns();
	load_latency(load, now - before);
	load_look_at(load, now);
	load_count(load, units);
}

void work_yield(struct load *load)
{
	while (load_goes_on(load))
		yield_once(load, 1);
}

void work_mixed(struct load *load)
{
	while (load_goes_on(load)) {
		load_spin(LOAD_SPINS);
		yield_once(load, LOAD_SPINS);
	}
}
