/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"

struct mutex {
	_Alignas(128) uint32_t word;
};

size_t mutex_bytes(const struct load_options *options)
{
	(void)options;
	return sizeof(struct mutex);
}

/* Parameters: contenders, turns of the spin loop with the lock, and without. Latency: until the lock is had. */
void work_mutex(struct load *load)
{
	struct mutex *mutex = load->shared;

	while (load_goes_on(load)) {
		uint64_t before = load_look(load);

		if (!load_lock(load, &mutex->word))
			return;
		load_latency(load, load_look(load) - before);
		load_spin(load_param(load, 1));
		load_unlock(&mutex->word);
		load_spin(load_param(load, 2));
		load_count(load, load_param(load, 1) + load_param(load, 2));
	}
}
