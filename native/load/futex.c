/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void load_wait(uint32_t *word, uint32_t value)
{
	struct timespec most = { .tv_sec = 0, .tv_nsec = LOAD_WAIT_MS * LOAD_NS_PER_MS };

	syscall(SYS_futex, word, FUTEX_WAIT, value, &most, NULL, 0);
}

void load_wake(uint32_t *word, uint32_t count)
{
	syscall(SYS_futex, word, FUTEX_WAKE, count > INT_MAX ? INT_MAX : count, NULL, NULL, 0);
}

bool load_await_change(struct load *load, uint32_t *word, uint32_t value)
{
	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value) {
		if (!load_goes_on(load))
			return false;
		load_wait(word, value);
	}
	return true;
}

/* 0 free, 1 held, 2 held and waited for. */
bool load_lock(struct load *load, uint32_t *word)
{
	uint32_t seen = 0;

	if (__atomic_compare_exchange_n(word, &seen, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return true;
	while (__atomic_exchange_n(word, 2, __ATOMIC_ACQUIRE) != 0) {
		if (!load_goes_on(load))
			return false;
		load_wait(word, 2);
	}
	return true;
}

void load_unlock(uint32_t *word)
{
	if (__atomic_exchange_n(word, 0, __ATOMIC_RELEASE) == 2)
		load_wake(word, 1);
}
