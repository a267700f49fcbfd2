/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"

#include <sys/mman.h>

/* Between two looks: some tens of microseconds, of which the look is less than a hundredth. */
#define SPINS_PER_LOOK 256
#define COLD_BYTES (512 * 1024)

void work_spin(struct load *load)
{
	while (load_goes_on(load)) {
		for (unsigned turn = 0; turn < SPINS_PER_LOOK && load_goes_on(load); turn += 1) {
			load_spin(LOAD_SPINS);
			load_count(load, LOAD_SPINS);
		}
		load_look(load);
	}
}

/* Four chains that do not wait for each other. */
static void multiply(uint64_t turns)
{
	uint64_t a = 3, b = 5, c = 7, d = 11;

	for (uint64_t turn = 0; turn < turns; turn += 1) {
		a *= 0x9e3779b97f4a7c15;
		b *= 0xbf58476d1ce4e5b9;
		c *= 0x94d049bb133111eb;
		d *= 0xd6e8feb86659fd93;
		__asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d));
	}
}

/* One iteration, and what it cost since the look before. */
static void cost(struct load *load, uint64_t units)
{
	uint64_t before = load->looked_ns, now;

	load_count(load, units);
	now = load_look(load);
	load_latency(load, now - before);
}

void work_alu(struct load *load)
{
	while (load_goes_on(load)) {
		multiply(16 * LOAD_SPINS);
		cost(load, 16 * LOAD_SPINS);
	}
}

static void pause_once(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

void work_smt_spin(struct load *load)
{
	while (load_goes_on(load)) {
		for (unsigned turn = 0; turn < LOAD_SPINS; turn += 1)
			pause_once();
		cost(load, LOAD_SPINS);
	}
}

/* Parameters: multiplications of a hot turn, touches of a cold one, how many of the one before the other. */
void work_ipc_variance(struct load *load)
{
	volatile uint8_t *cold = mmap(NULL, COLD_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (cold == MAP_FAILED)
		return;
	while (load_goes_on(load)) {
		for (uint64_t turn = 0; turn < load_param(load, 2) && load_goes_on(load); turn += 1) {
			multiply(load_param(load, 0));
			cost(load, load_param(load, 0));
		}
		for (uint64_t turn = 0; turn < load_param(load, 2) && load_goes_on(load); turn += 1) {
			for (uint64_t touch = 0; touch < load_param(load, 1); touch += 1)
				cold[load_random(load) % COLD_BYTES] += 1;
			cost(load, load_param(load, 1));
		}
	}
}
