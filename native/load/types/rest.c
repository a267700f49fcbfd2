/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"

#include <sys/prctl.h>

/* Latency: how long after it was due the sleeper ran. */
static void sleep_for(struct load *load, uint64_t us)
{
	uint64_t due = now_ns() + us * LOAD_NS_PER_US;

	if (load_sleep_until(load, due))
		load_latency(load, load->looked_ns - due);
}

/* Parameters: microseconds of a burst and of the sleep after it. */
void work_bursty(struct load *load)
{
	while (load_goes_on(load)) {
		load_spin_for(load, load_param(load, 0) * LOAD_NS_PER_US, true);
		sleep_for(load, load_param(load, 1));
	}
}

/* Parameters: as above, and whether the kernel may not put off a timer by 50 µs. */
void work_idle_churn(struct load *load)
{
	if (load_param(load, 2) != 0)
		prctl(PR_SET_TIMERSLACK, 1);
	while (load_goes_on(load)) {
		load_spin_for(load, load_param(load, 0) * LOAD_NS_PER_US, false);
		sleep_for(load, load_param(load, 1));
		load_count(load, 1);
	}
}

/* Parameter: microseconds from one due time to the next. Those that have passed meanwhile are left out. */
void work_timer_latency(struct load *load)
{
	uint64_t interval = load_param(load, 0) * LOAD_NS_PER_US;
	uint64_t due = load->begun_ns + interval;

	prctl(PR_SET_TIMERSLACK, 1);
	while (load_sleep_until(load, due)) {
		uint64_t late = load->looked_ns - due;

		load_latency(load, late);
		load_count(load, 1);
		due += (late / interval + 1) * interval;
	}
}
