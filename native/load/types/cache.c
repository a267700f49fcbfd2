/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS_PER_LOOK 16

struct cache {
	size_t bytes, stride;
	volatile uint8_t data[];
};

struct cache *make_cache(uint64_t kib, uint64_t stride)
{
	struct cache *cache = malloc(sizeof(*cache) + kib * 1024);

	if (cache == NULL || kib == 0 || stride == 0) {
		errno = cache == NULL ? ENOMEM : EINVAL;
		free(cache);
		return NULL;
	}
	cache->bytes = kib * 1024;
	cache->stride = stride;
	memset((void *)cache->data, 1, cache->bytes);
	return cache;
}

/* Reads and writes a byte of every stride. */
void touch_cache(struct cache *cache)
{
	for (size_t at = 0; at < cache->bytes; at += cache->stride)
		cache->data[at] += 1;
}

/* Parameters: KiB, and bytes from one touch to the next. A round over all of it is an iteration, a touch a unit. */
bool ready_cache(struct load *load)
{
	load->own = make_cache(load_param(load, 0), load_param(load, 1));
	return load->own != NULL;
}

static uint64_t touches(struct load *load)
{
	const struct cache *cache = load->own;

	return (cache->bytes + cache->stride - 1) / cache->stride;
}

void work_cache(struct load *load)
{
	uint64_t units = touches(load);

	while (load_goes_on(load)) {
		for (unsigned round = 0; round < ROUNDS_PER_LOOK && load_goes_on(load); round += 1) {
			touch_cache(load->own);
			load_count(load, units);
		}
		load_look(load);
	}
}

void work_cache_yield(struct load *load)
{
	uint64_t units = touches(load);

	while (load_goes_on(load)) {
		uint64_t before;

		touch_cache(load->own);
		before = load_look(load);
		sched_yield();
		load_latency(load, load_look(load) - before);
		load_count(load, units);
	}
}
