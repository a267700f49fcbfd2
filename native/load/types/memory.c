/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"

#include <sys/mman.h>
#include <unistd.h>

/* Parameters: KiB of the region, touches per cycle, turns of the spin loop after each. */
bool ready_page_faults(struct load *load)
{
	size_t bytes = load_param(load, 0) * 1024;

	load->own = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (load->own == MAP_FAILED)
		return false;
	/* A fault shall make one page and not 512; a kernel without huge pages says EINVAL and does so. */
	madvise(load->own, bytes, MADV_NOHUGEPAGE);
	return true;
}

void work_page_faults(struct load *load)
{
	size_t bytes = load_param(load, 0) * 1024, page = (size_t)sysconf(_SC_PAGESIZE);
	volatile uint8_t *region = load->own;
	uint64_t touches = load_param(load, 1);

	while (load_goes_on(load)) {
		for (uint64_t touch = 0; touch < touches; touch += 1) {
			region[load_random(load) % (bytes / page) * page] = 1;
			load_spin(load_param(load, 2));
		}
		madvise(load->own, bytes, MADV_DONTNEED);
		load_count(load, touches);
		load_look(load);
	}
}
