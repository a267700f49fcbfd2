/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"

#include <stdlib.h>

struct fan {
	_Alignas(128) uint32_t calls; /* a futex: how often all were woken */
	_Alignas(128) uint64_t called_ns;
	_Alignas(128) uint32_t answers; /* a futex: who is done with this call */
};

size_t fan_bytes(const struct load_options *options)
{
	(void)options;
	return sizeof(struct fan);
}

/* Wakes all and waits until all have answered; false: told to stop. */
static bool call_all(struct load *load)
{
	struct fan *fan = load->shared;
	uint32_t others = load->group_size - 1, answers = 0;

	fan->answers = 0;
	fan->called_ns = now_ns();
	__atomic_fetch_add(&fan->calls, 1, __ATOMIC_RELEASE);
	load_wake(&fan->calls, UINT32_MAX);
	while (answers < others) {
		if (!load_await_change(load, &fan->answers, answers))
			return false;
		answers = __atomic_load_n(&fan->answers, __ATOMIC_ACQUIRE);
		load_look(load);
	}
	return true;
}

/* Waits for a call; latency: from its stamp to running. */
static bool await_call(struct load *load, uint32_t *seen)
{
	struct fan *fan = load->shared;

	if (!load_await_change(load, &fan->calls, *seen))
		return false;
	uint64_t now = now_ns();

	*seen += 1;
	load_latency(load, now - fan->called_ns);
	load_look_at(load, now);
	return true;
}

static void answer(struct load *load)
{
	struct fan *fan = load->shared;

	/* Only the last wakes the caller. */
	if (__atomic_add_fetch(&fan->answers, 1, __ATOMIC_RELEASE) == load->group_size - 1)
		load_wake(&fan->answers, 1);
}

/* Parameters: receivers, turns of the spin loop of caller and receivers. */
void work_fan_out(struct load *load)
{
	uint64_t spins = load_param(load, 1);
	uint32_t seen = 0;

	while (load_goes_on(load)) {
		if (load->place != 0 && !await_call(load, &seen))
			return;
		load_spin(spins);
		load_count(load, spins + 1);
		if (load->place != 0)
			answer(load);
		else if (!call_all(load))
			return;
	}
}

struct matrices {
	unsigned size;
	double *values; /* of three */
};

/* Parameters: receivers, KiB of three matrices, multiplications per call, microseconds that the caller thinks. */
bool ready_fan_out_compute(struct load *load)
{
	struct matrices *matrices = malloc(sizeof(*matrices));

	if (matrices == NULL)
		return false;
	matrices->size = 1;
	while (3 * sizeof(double) * (matrices->size + 1) * (matrices->size + 1) <= load_param(load, 1) * 1024)
		matrices->size += 1;
	matrices->values = calloc((size_t)3 * matrices->size * matrices->size, sizeof(double));
	load->own = matrices;
	return matrices->values != NULL;
}

static void multiply_matrices(const struct matrices *matrices)
{
	unsigned size = matrices->size;
	double *a = matrices->values, *b = a + (size_t)size * size, *c = b + (size_t)size * size;

	for (unsigned row = 0; row < size; row += 1)
		for (unsigned column = 0; column < size; column += 1) {
			double sum = 0;

			for (unsigned at = 0; at < size; at += 1)
				sum += a[row * size + at] * b[at * size + column];
			c[row * size + column] = sum;
		}
	__asm__ volatile("" : : "r"(c) : "memory");
}

void work_fan_out_compute(struct load *load)
{
	uint32_t seen = 0;

	while (load_goes_on(load)) {
		if (load->place == 0) {
			if (!load_sleep_until(load, load_look(load) + load_param(load, 3) * LOAD_NS_PER_US) || !call_all(load))
				return;
			load_count(load, 1);
			continue;
		}
		if (!await_call(load, &seen))
			return;
		for (uint64_t turn = 0; turn < load_param(load, 2) && load_goes_on(load); turn += 1) {
			multiply_matrices(load->own);
			load_look(load);
		}
		load_count(load, load_param(load, 2));
		answer(load);
	}
}

/* Parameters: waiters, how often they are woken in an iteration of the waker, microseconds before each time. */
void work_thundering_herd(struct load *load)
{
	uint32_t seen = 0;

	while (load_goes_on(load)) {
		if (load->place != 0) {
			if (!await_call(load, &seen))
				return;
			load_count(load, 1);
			answer(load);
			continue;
		}
		if (!load_sleep_until(load, load_look(load) + load_param(load, 2) * LOAD_NS_PER_US) || !call_all(load))
			return;
		if ((load->work_units + 1) % load_param(load, 1) == 0)
			load_count(load, 1);
		else
			load_units(load, 1);
	}
}
