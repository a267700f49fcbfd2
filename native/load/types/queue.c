/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"

struct queue {
	_Alignas(128) uint32_t lock;
	uint32_t head, tail; /* never wrap within a run that is not years long */
	_Alignas(128) uint32_t changes; /* a futex: something was put in or taken out */
	_Alignas(128) uint64_t put_ns[];
};

/* Parameters: producers, consumers, how many a producer makes per second (0: all he can), turns of the spin loop per item, places. */
size_t queue_bytes(const struct load_options *options)
{
	return sizeof(struct queue) + options->params[4] * sizeof(uint64_t);
}

static void tell_change(struct queue *queue)
{
	__atomic_fetch_add(&queue->changes, 1, __ATOMIC_RELEASE);
	load_wake(&queue->changes, UINT32_MAX);
}

/* Puts an item in or takes one out, and waits while that cannot be. False: told to stop. */
static bool pass(struct load *load, uint64_t *item, bool puts)
{
	struct queue *queue = load->shared;
	uint64_t places = load_param(load, 4);

	for (;;) {
		uint32_t changes = __atomic_load_n(&queue->changes, __ATOMIC_ACQUIRE);
		bool possible;

		if (!load_lock(load, &queue->lock))
			return false;
		possible = puts ? queue->tail - queue->head < places : queue->tail != queue->head;
		if (possible && puts) {
			queue->put_ns[queue->tail % places] = *item;
			queue->tail += 1;
		} else if (possible) {
			*item = queue->put_ns[queue->head % places];
			queue->head += 1;
		}
		load_unlock(&queue->lock);
		if (possible) {
			tell_change(queue);
			return true;
		}
		if (!load_await_change(load, &queue->changes, changes))
			return false;
		load_look(load);
	}
}

static void produce(struct load *load)
{
	uint64_t rate = load_param(load, 2), interval = rate == 0 ? 0 : LOAD_NS_PER_S / rate;
	uint64_t due = load->begun_ns + interval;

	while (load_sleep_until(load, due)) {
		uint64_t now = load_look(load);

		if (!pass(load, &now, true))
			return;
		load_count(load, 1);
		due = due + interval > now ? due + interval : now;
	}
}

/* Latency: how long an item was in the queue. */
void work_queue(struct load *load)
{
	uint64_t put_ns = 0;

	if (load->place < load_param(load, 0)) {
		produce(load);
		return;
	}
	while (pass(load, &put_ns, false)) {
		load_latency(load, load_look(load) - put_ns);
		load_spin(load_param(load, 3));
		load_count(load, load_param(load, 3) + 1);
	}
}
