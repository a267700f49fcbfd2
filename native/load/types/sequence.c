/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"

#include <sched.h>

#define IO_REST_NS (100 * LOAD_NS_PER_US)

bool ready_sequence(struct load *load)
{
	for (uint32_t at = 0; at < load->options->phase_count; at += 1)
		if (load->options->phases[at].kind == PHASE_IO)
			return ready_io(load);
	return true;
}

static void rest_until(struct load *load, uint64_t due)
{
	if (load_sleep_until(load, due))
		load_latency(load, load->looked_ns - due);
}

static void yield_once(struct load *load)
{
	uint64_t before = now_ns();

	sched_yield();
	load_latency(load, now_ns() - before);
}

/* One turn of a phase that is to last until then. */
static void turn(struct load *load, enum load_phase_kind kind, uint64_t until)
{
	switch (kind) {
	case PHASE_SPIN:
		load_spin(LOAD_SPINS);
		break;
	case PHASE_SLEEP:
		rest_until(load, until);
		break;
	case PHASE_YIELD:
		yield_once(load);
		break;
	case PHASE_IO:
		write_stripe(load);
		rest_until(load, now_ns() + IO_REST_NS);
		break;
	}
}

/* The phases of the command line, in order, again and again; once through is an iteration, a turn a unit of work. */
void work_sequence(struct load *load)
{
	uint64_t turns = 0;

	for (uint32_t at = 0; load_goes_on(load); at = (at + 1) % load->options->phase_count) {
		const struct load_phase *phase = &load->options->phases[at];
		uint64_t until = load_look(load) + phase->us * LOAD_NS_PER_US;

		do {
			turn(load, phase->kind, until);
			turns += 1;
		} while (load_look(load) < until && load_goes_on(load));
		if (at + 1 == load->options->phase_count) {
			load_count(load, turns);
			turns = 0;
		}
	}
}
