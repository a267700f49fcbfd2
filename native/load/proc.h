/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker reads of /proc: schedstat, vmstat, numa_maps. */
#ifndef CORRAL_LOAD_PROC_H
#define CORRAL_LOAD_PROC_H

#include <stdbool.h>
#include <stdint.h>

struct schedstat {
	uint64_t run_ns, delay_ns, slices;
};

/* An open /proc/thread-self/schedstat, -1 where the kernel has none. */
int open_schedstat(void);
bool read_schedstat(int fd, struct schedstat *stat);
/* numa_pages_migrated of /proc/vmstat, 0 where the kernel does not count it. */
uint64_t read_pages_migrated(void);
/* Pages of this process on each node; all 0 where the kernel has no numa_maps. */
void read_numa_pages(uint64_t *pages);

#endif
