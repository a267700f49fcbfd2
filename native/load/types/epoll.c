/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct storm {
	int event; /* an eventfd that counts down by one */
	_Alignas(128) uint64_t sent_ns;
	_Alignas(128) uint32_t taken; /* a futex */
};

/* Parameters: producers, consumers, events of a burst. */
size_t epoll_bytes(const struct load_options *options)
{
	(void)options;
	return sizeof(struct storm);
}

bool prepare_epoll(const struct load_options *options, void *shared)
{
	struct storm *storm = shared;

	(void)options;
	storm->event = eventfd(0, EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC);
	return storm->event >= 0;
}

static void produce(struct load *load)
{
	struct storm *storm = load->shared;
	uint64_t one = 1;
	uint32_t burst = (uint32_t)load_param(load, 2);

	while (load_goes_on(load)) {
		uint32_t before = __atomic_load_n(&storm->taken, __ATOMIC_ACQUIRE), taken = before;

		for (uint32_t event = 0; event < burst; event += 1) {
			__atomic_store_n(&storm->sent_ns, now_ns(), __ATOMIC_RELAXED);
			if (write(storm->event, &one, sizeof(one)) < 0)
				load_failed(load, errno);
		}
		load_count(load, burst);
		/* Until the consumers have taken so many, whosoever they were. */
		while (taken - before < burst) {
			if (!load_await_change(load, &storm->taken, taken))
				return;
			taken = __atomic_load_n(&storm->taken, __ATOMIC_ACQUIRE);
			load_look(load);
		}
	}
}

/* Latency: from the last event that was sent to running. */
static void consume(struct load *load)
{
	struct storm *storm = load->shared;
	struct epoll_event event = { .events = EPOLLIN | EPOLLEXCLUSIVE };
	int poll = epoll_create1(EPOLL_CLOEXEC);
	uint64_t one;

	if (poll < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, storm->event, &event) != 0) {
		load_failed(load, errno);
		return;
	}
	while (load_goes_on(load)) {
		int ready = epoll_wait(poll, &event, 1, LOAD_WAIT_MS);
		uint64_t now = now_ns(), sent = __atomic_load_n(&storm->sent_ns, __ATOMIC_RELAXED);

		load_look_at(load, now);
		if (ready <= 0 || read(storm->event, &one, sizeof(one)) < 0)
			continue;
		load_latency(load, now > sent ? now - sent : 0);
		load_count(load, 1);
		__atomic_fetch_add(&storm->taken, 1, __ATOMIC_RELEASE);
		load_wake(&storm->taken, UINT32_MAX);
	}
}

void work_epoll(struct load *load)
{
	if (load->place < load_param(load, 0))
		produce(load);
	else
		consume(load);
}
