/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"

#include <sched.h>

/* Every yield may be the one after which others have the CPU for long, so that each is looked at. */
static void yield_once(struct load *load, uint64_t units)
{
	sched_yield();
	load_look(load);
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
