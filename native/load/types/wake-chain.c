/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct link {
	_Alignas(128) int ends[2];
	uint32_t tokens; /* a futex: how many have come */
	uint64_t sent_ns;
};

/* Parameters: depth, 0 for pipes and 1 for futexes, microseconds of work per hop. */
size_t chain_bytes(const struct load_options *options)
{
	return options->params[0] * sizeof(struct link);
}

bool prepare_chain(const struct load_options *options, void *shared)
{
	struct link *links = shared;

	for (uint64_t at = 0; options->params[1] == 0 && at < options->params[0]; at += 1)
		if (pipe2(links[at].ends, O_CLOEXEC) != 0)
			return false;
	return true;
}

static bool receive(struct load *load, struct link *link, uint32_t *seen)
{
	char byte;

	if (load_param(load, 1) != 0) {
		if (!load_await_change(load, &link->tokens, *seen))
			return false;
		*seen += 1;
		return true;
	}
	while (load_goes_on(load))
		if (read(link->ends[0], &byte, 1) == 1)
			return true;
	return false;
}

static void send(struct load *load, struct link *link)
{
	link->sent_ns = now_ns();
	if (load_param(load, 1) != 0) {
		__atomic_fetch_add(&link->tokens, 1, __ATOMIC_RELEASE);
		load_wake(&link->tokens, 1);
	} else if (write(link->ends[1], "w", 1) < 0)
		load_failed(load, errno);
}

/* A ring: who is woken works a while and wakes the next. Latency: from the waker's stamp to running. */
void work_wake_chain(struct load *load)
{
	struct link *links = load->shared, *mine = &links[load->place];
	struct link *next = &links[(load->place + 1) % load->group_size];
	uint32_t seen = 0;

	if (load->place == 0) {
		load_spin_for(load, load_param(load, 2) * LOAD_NS_PER_US, false);
		send(load, next);
	}
	while (receive(load, mine, &seen)) {
		uint64_t now = now_ns();

		load_latency(load, now - mine->sent_ns);
		load_look_at(load, now);
		load_spin_for(load, load_param(load, 2) * LOAD_NS_PER_US, false);
		load_count(load, 1);
		send(load, next);
	}
}
