/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Priorities of SCHED_FIFO, and what leaves the CPU to the tier below now and then. */
#define HIGH 30
#define MEDIUM 20
#define LOW 10
#define REST_NS LOAD_NS_PER_MS

struct inversion {
	_Alignas(128) uint32_t word;
};

size_t inversion_bytes(const struct load_options *options)
{
	(void)options;
	return sizeof(struct inversion);
}

/* The kernel lends the waiter's priority to the holder. */
static bool lock_pi(struct load *load, uint32_t *word)
{
	uint32_t free = 0;

	if (__atomic_compare_exchange_n(word, &free, (uint32_t)load->counters->pid, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return true;
	while (load_goes_on(load)) {
		if (syscall(SYS_futex, word, FUTEX_LOCK_PI, 0, NULL, NULL, 0) == 0)
			return true;
		if (errno != EINTR && errno != EAGAIN) {
			load_failed(load, errno);
			return false;
		}
	}
	return false;
}

static void unlock_pi(struct load *load, uint32_t *word)
{
	uint32_t mine = (uint32_t)load->counters->pid;

	if (!__atomic_compare_exchange_n(word, &mine, 0, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED) &&
	    syscall(SYS_futex, word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) != 0)
		load_failed(load, errno);
}

/* Latency: until the lock is had. False: told to stop, or it cannot be had. */
static bool use_lock(struct load *load, uint64_t hold, bool pi)
{
	struct inversion *shared = load->shared;
	uint64_t before = load_look(load);

	if (!(pi ? lock_pi(load, &shared->word) : load_lock(load, &shared->word)))
		return false;
	load_latency(load, load_look(load) - before);
	load_spin(hold);
	if (pi)
		unlock_pi(load, &shared->word);
	else
		load_unlock(&shared->word);
	return true;
}

/*
 * Parameters: workers of high, medium and low priority, turns of the spin loop with the lock and of the work, 1 for a lock
 * with priority inheritance. High and low use the lock, medium keeps the CPU from low.
 */
void work_inversion(struct load *load)
{
	uint64_t high = load_param(load, 0), medium = load_param(load, 1);
	bool is_high = load->place < high, is_medium = !is_high && load->place < high + medium;

	load_set_class(load, CLASS_FIFO, is_high ? HIGH : is_medium ? MEDIUM : LOW);
	while (load_goes_on(load)) {
		if (!is_medium && !use_lock(load, load_param(load, 3), load_param(load, 5) != 0))
			return;
		load_spin(load_param(load, 4));
		load_count(load, load_param(load, 4));
		if (!load_sleep_until(load, load_look(load) + REST_NS))
			return;
	}
}
