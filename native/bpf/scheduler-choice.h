/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Which group's turn it is. */
#ifndef CORRAL_BPF_SCHEDULER_CHOICE_H
#define CORRAL_BPF_SCHEDULER_CHOICE_H

#include "scheduler-tasks.h"

static __always_inline bool is_busy(__u32 place)
{
	return (busy[(place / 64) & (WORDS - 1)] & (1ull << (place & 63))) != 0;
}

static __always_inline void mark_busy(__u32 place)
{
	if (!is_busy(place))
		__sync_fetch_and_or(&busy[(place / 64) & (WORDS - 1)], 1ull << (place & 63));
}

/* A task that becomes runnable counts itself first and then marks its group, so it is marked whoever is quicker. */
static __always_inline void forget_idle(const struct scheduler_node *node, __u32 place)
{
	__sync_fetch_and_and(&busy[(place / 64) & (WORDS - 1)], ~(1ull << (place & 63)));
	if (*(volatile __s32 *)&node->runnable > 0)
		mark_busy(place);
}

static __always_inline __u32 lowest_bit(__u64 word)
{
	__u32 bit = 0;

	if ((word & 0xffffffff) == 0) {
		bit += 32;
		word >>= 32;
	}
	if ((word & 0xffff) == 0) {
		bit += 16;
		word >>= 16;
	}
	if ((word & 0xff) == 0) {
		bit += 8;
		word >>= 8;
	}
	if ((word & 0xf) == 0) {
		bit += 4;
		word >>= 4;
	}
	if ((word & 3) == 0) {
		bit += 2;
		word >>= 2;
	}
	return bit + ((word & 1) == 0);
}

/* Whether a group is to be chosen rather than `best`, where `after` was tried in vain and with it all before it. */
static __always_inline bool is_better(__u32 place, __u32 best_at, __u32 after_at, __u64 now)
{
	struct scheduler_node *node = node_at(place), *best, *after;

	if (node == NULL)
		return false;
	if (node->runnable <= 0) {
		forget_idle(node, place);
		return false;
	}
	if (place == best_at || place == after_at || scx_bpf_dsq_nr_queued(node->group) <= 0)
		return false;
	best = node_at(best_at);
	if (best != NULL && !goes_before(node, best))
		return false;
	after = node_at(after_at);
	if (after != NULL && !goes_before(after, node))
		return false;
	if (!is_throttled(node, now))
		return true;
	COUNT(throttle);
	return false;
}

/*
 * The group whose turn it is: of those with waiting tasks that come after `after`, and `best` itself. NOWHERE: neither.
 */
static __always_inline __u32 choose(__u32 best, __u32 after, __u64 now)
{
	struct bpf_iter_num words, bits;
	__u32 count = taken / 64 + 1;
	int *at;

	bpf_iter_num_new(&words, 0, count < WORDS ? count : WORDS);
	while ((at = bpf_iter_num_next(&words)) != NULL) {
		__u32 word_at = *at & (WORDS - 1);
		__u64 word = busy[word_at];

		bpf_iter_num_new(&bits, 0, 64);
		while (word != 0 && bpf_iter_num_next(&bits) != NULL) {
			__u32 place = word_at * 64 + lowest_bit(word);

			word &= word - 1;
			if (is_better(place, best, after, now))
				best = place;
		}
		bpf_iter_num_destroy(&bits);
	}
	bpf_iter_num_destroy(&words);
	return best;
}

/*
 * Looks for a group with waiting tasks that have quota, whoever's turn it is; with `runs` for one of which a task may run on this
 * CPU, and moves that here.
 */
static __always_inline bool sweep(bool runs, __u64 now)
{
	struct bpf_iter_num it;
	bool found = false;
	int *at;

	bpf_iter_num_new(&it, 0, taken < MOST_NODES ? taken : MOST_NODES);
	while ((at = bpf_iter_num_next(&it)) != NULL) {
		__u32 place = *at;
		struct scheduler_node *node = node_at(place);

		if (node == NULL || !is_busy(place) || scx_bpf_dsq_nr_queued(node->group) <= 0 || is_throttled(node, now))
			continue;
		found = !runs || scx_bpf_dsq_move_to_local(node->group);
		if (!found)
			continue;
		if (runs)
			note_turn(node);
		break;
	}
	bpf_iter_num_destroy(&it);
	return found;
}

#endif
