/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"

static void spin_on(struct load *load, uint64_t spins)
{
	while (load_goes_on(load)) {
		load_spin(spins);
		load_count(load, spins);
		load_look(load);
	}
}

/* Parameters: workers of SCHED_FIFO and of the normal policy, their priority, turns of the spin loop. */
void work_rt_starvation(struct load *load)
{
	if (load->place < load_param(load, 0))
		load_set_class(load, CLASS_FIFO, (int)load_param(load, 2));
	spin_on(load, load_param(load, 3));
}

/* Parameters: spinners, turns of the spin loop of the worker that preempts them, microseconds of its sleep. */
void work_preempt_storm(struct load *load)
{
	if (load->place != 0) {
		spin_on(load, LOAD_SPINS);
		return;
	}
	load_set_class(load, CLASS_FIFO, 50);
	while (load_goes_on(load)) {
		uint64_t due = load_look(load) + load_param(load, 2) * LOAD_NS_PER_US;

		if (!load_sleep_until(load, due))
			return;
		load_latency(load, load->looked_ns - due);
		load_spin(load_param(load, 1));
		load_count(load, load_param(load, 1));
	}
}
