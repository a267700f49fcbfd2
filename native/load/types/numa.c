/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"

#include <errno.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Parameters: KiB of the region, microseconds until the next node. Texts: numbers of the nodes. */
bool ready_numa_sweep(struct load *load)
{
	load->own = mmap(NULL, load_param(load, 0) * 1024, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return load->own != MAP_FAILED;
}

static void bind_region(struct load *load, const char *text)
{
	unsigned long node = strtoul(text, NULL, 10);
	unsigned long mask[LOAD_NODES / 64] = { 0 };

	if (node < LOAD_NODES)
		mask[node / 64] |= 1ul << (node % 64);
	if (syscall(SYS_mbind, load->own, load_param(load, 0) * 1024, MPOL_BIND, mask, LOAD_NODES + 1, MPOL_MF_MOVE) != 0)
		load_failed(load, errno);
}

/* The region is bound to one node after the other and read and written meanwhile; a round over it is an iteration. */
void work_numa_sweep(struct load *load)
{
	size_t bytes = load_param(load, 0) * 1024, page = (size_t)sysconf(_SC_PAGESIZE);
	volatile uint8_t *region = load->own;

	for (uint32_t at = 0; load_goes_on(load); at += 1) {
		uint64_t until = load_look(load) + load_param(load, 1) * LOAD_NS_PER_US;

		bind_region(load, load->options->texts[at % load->options->text_count]);
		do {
			for (size_t touched = 0; touched < bytes; touched += page)
				region[touched] += 1;
			load_count(load, bytes / page);
		} while (load_look(load) < until && load_goes_on(load));
	}
}

/* "0-3,8" to a set; false when it is none. */
static bool parse_cpus(const char *text, cpu_set_t *set)
{
	char *end = (char *)text;

	CPU_ZERO(set);
	do {
		unsigned long first = strtoul(end + (*end == ','), &end, 10), last = *end == '-' ? strtoul(end + 1, &end, 10) : first;

		if (last >= CPU_SETSIZE)
			return false;
		for (unsigned long cpu = first; cpu <= last; cpu += 1)
			CPU_SET(cpu, set);
	} while (*end == ',');
	return *end == '\0';
}

/* Parameter: microseconds until the next node. Texts: the CPUs of each. */
void work_numa_migration(struct load *load)
{
	for (uint32_t at = 0; load_goes_on(load); at += 1) {
		cpu_set_t cpus;

		if (!parse_cpus(load->options->texts[at % load->options->text_count], &cpus))
			load_failed(load, EINVAL);
		else if (sched_setaffinity(0, sizeof(cpus), &cpus) != 0)
			load_failed(load, errno);
		load_spin_for(load, load_param(load, 0) * LOAD_NS_PER_US, true);
	}
}
