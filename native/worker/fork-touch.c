/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

#include <sys/mman.h>
#include <unistd.h>

int fork_touch_child(const struct worker_options *options)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t bytes = options->pages * page;
	volatile char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return 1;
	for (size_t at = 0; at < bytes; at += page)
		memory[at] = 1;
	return 0;
}
