/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"

#include <errno.h>
#include <sched.h>
#include <sys/resource.h>

/* Turns of the spin loop per value of nice. */
#define NICE_SPINS 512

static void yield_once(struct load *load, uint64_t units)
{
	uint64_t before = load_look(load);

	sched_yield();
	load_latency(load, load_look(load) - before);
	load_count(load, units);
}

/* CPUs that a worker may use, as single numbers. */
struct cpu_list {
	unsigned count;
	unsigned cpus[LOAD_CPUS];
};

static void list_cpus(struct load *load, struct cpu_list *list)
{
	cpu_set_t allowed;

	list->count = 0;
	CPU_ZERO(&allowed);
	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		load_failed(load, errno);
	for (unsigned cpu = 0; cpu < LOAD_CPUS; cpu += 1)
		if (CPU_ISSET(cpu, &allowed))
			list->cpus[list->count++] = cpu;
}

/* Parameter: turns of the spin loop. */
void work_affinity_churn(struct load *load)
{
	struct cpu_list list;

	list_cpus(load, &list);
	while (load_goes_on(load) && list.count > 0) {
		cpu_set_t one;

		CPU_ZERO(&one);
		CPU_SET(list.cpus[load_random(load) % list.count], &one);
		if (sched_setaffinity(0, sizeof(one), &one) != 0)
			load_failed(load, errno);
		load_spin(load_param(load, 0));
		yield_once(load, load_param(load, 0));
	}
}

/* Parameter: turns of the spin loop. Each sets the CPUs of all others of the set, in turn all and all but one. */
void work_cross_affinity_churn(struct load *load)
{
	const struct load_counters *all = load->counters - load->index;
	uint32_t workers = load->options->workers;
	struct cpu_list list;

	list_cpus(load, &list);
	for (uint64_t turn = 0; load_goes_on(load) && list.count > 0; turn += 1) {
		const struct load_counters *other = &all[load_random(load) % workers];
		unsigned left_out = turn % 2 == 0 || list.count == 1 ? list.count : (unsigned)(load_random(load) % list.count);
		cpu_set_t mask;

		CPU_ZERO(&mask);
		for (unsigned at = 0; at < list.count; at += 1)
			if (at != left_out)
				CPU_SET(list.cpus[at], &mask);
		if (sched_setaffinity(other->pid, sizeof(mask), &mask) != 0 && errno != ESRCH)
			load_failed(load, errno);
		load_spin(load_param(load, 0));
		load_count(load, load_param(load, 0));
		load_look(load);
	}
}

/* Parameter: turns of the spin loop. Real-time classes are tried as long as they are allowed. */
void work_policy_churn(struct load *load)
{
	static const enum load_class classes[] = { CLASS_NORMAL, CLASS_BATCH, CLASS_IDLE, CLASS_FIFO, CLASS_RR };
	unsigned count = sizeof(classes) / sizeof(classes[0]);

	for (unsigned at = 0; load_goes_on(load); at = (at + 1) % count) {
		load_set_class(load, classes[at], 1);
		if (load->record->policy_errno != 0)
			count = 3;
		load_spin(load_param(load, 0));
		yield_once(load, load_param(load, 0));
	}
	load_set_class(load, CLASS_NORMAL, 0);
}

void work_nice_sweep(struct load *load)
{
	while (load_goes_on(load)) {
		for (int nice = -20; nice < 20 && load_goes_on(load); nice += 1) {
			/* Without CAP_SYS_NICE there is no way back up. */
			if (setpriority(PRIO_PROCESS, 0, nice) != 0)
				continue;
			load_spin(NICE_SPINS);
			yield_once(load, NICE_SPINS);
		}
	}
	setpriority(PRIO_PROCESS, 0, 0);
}
