/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Two pipes, and on a line of its own when each side wrote last. */
struct pipes {
	int ends[2][2];
	_Alignas(128) uint64_t first_ns;
	_Alignas(128) uint64_t second_ns;
};

size_t pipes_bytes(const struct load_options *options)
{
	(void)options;
	return sizeof(struct pipes);
}

bool prepare_pipes(const struct load_options *options, void *shared)
{
	struct pipes *pipes = shared;

	(void)options;
	return pipe2(pipes->ends[0], O_CLOEXEC) == 0 && pipe2(pipes->ends[1], O_CLOEXEC) == 0;
}

/* False: told to stop. */
static bool receive(struct load *load, int fd)
{
	char byte;

	while (load_goes_on(load))
		if (read(fd, &byte, 1) == 1)
			return true;
	return false;
}

static void send(struct load *load, int fd)
{
	if (write(fd, "w", 1) < 0)
		load_failed(load, errno);
}

/*
 * One byte goes to and fro. Latency: from before the write(2) of the one to after the read(2) of the other. `burst` is
 * what each does while he has it.
 */
static void exchange(struct load *load, void (*burst)(struct load *), uint64_t units)
{
	struct pipes *pipes = load->shared;
	bool first = load->place == 0;
	int in = pipes->ends[first ? 1 : 0][0], out = pipes->ends[first ? 0 : 1][1];
	uint64_t *mine = first ? &pipes->first_ns : &pipes->second_ns;
	const uint64_t *theirs = first ? &pipes->second_ns : &pipes->first_ns;

	for (bool begins = first; load_goes_on(load); begins = false) {
		if (!begins) {
			if (!receive(load, in))
				return;
			uint64_t now = now_ns();

			load_latency(load, now - __atomic_load_n(theirs, __ATOMIC_RELAXED));
			load_look_at(load, now);
		}
		burst(load);
		load_count(load, units);
		__atomic_store_n(mine, now_ns(), __ATOMIC_RELAXED);
		send(load, out);
	}
}

static void burst_spin(struct load *load)
{
	load_spin(load_param(load, 0));
}

/* Parameter: turns of the spin loop. */
void work_pipe(struct load *load)
{
	exchange(load, burst_spin, load_param(load, 0) + 1);
}

/* Parameters: KiB, turns of the spin loop. */
bool ready_cache_pipe(struct load *load)
{
	load->own = make_cache(load_param(load, 0), 64);
	return load->own != NULL;
}

static void burst_cache(struct load *load)
{
	touch_cache(load->own);
	load_spin(load_param(load, 1));
}

void work_cache_pipe(struct load *load)
{
	exchange(load, burst_cache, load_param(load, 1) + 1);
}
