/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* cpu.max and the budget of a boost: what a group may use in a window of time. */
#ifndef CORRAL_BPF_SCHEDULER_LIMITS_H
#define CORRAL_BPF_SCHEDULER_LIMITS_H

#include "scheduler-tree.h"

#define NSEC_PER_USEC 1000ull
/* A slice is not made shorter than this for what is left of a quota. */
#define LEAST_SLICE_NS 1000000ull
/* As a quota: nothing that was used too much counts in the next window. */
#define FORGIVE (1ull << 50)
/* The kernel's word for no quota is larger. */
#define MOST_QUOTA_US (1ull << 44)

/* Wakes the loader: the scheduler was put away, or the first quota was set. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} wakes SEC(".maps");

static __always_inline void wake_loader(void)
{
	__u64 word = 1;

	bpf_ringbuf_output(&wakes, &word, sizeof(word), BPF_RB_FORCE_WAKEUP);
}

/*
 * Begins the windows that have passed: each takes `quota` off what was used. What was used too much stays a debt, so that the
 * average is kept though slices end at ticks; `burst` is the most that can be saved.
 */
static __always_inline void roll(__u64 *start, __s64 *used, __u64 now, __u64 period, __u64 quota, __u64 burst)
{
	__u64 old = *start, windows;

	if (period == 0 || now - old < period || (__s64)(now - old) < 0)
		return;
	windows = (now - old) / period;
	/* One CPU does it. */
	if (__sync_val_compare_and_swap(start, old, old + windows * period) != old)
		return;
	if (windows > 1000 || *used - (__s64)(windows * quota) < -(__s64)burst)
		*used = -(__s64)burst;
	else
		__sync_fetch_and_add(used, -(__s64)(windows * quota));
}

/* What the quotas of a group and of all above it leave for it now; more than any slice where there are none. */
static __always_inline __s64 left_of_quota(const struct scheduler_node *node, __u64 now)
{
	__s64 left = 1ll << 62;
	struct bpf_iter_num levels;
	int *at;

	if (state.limited <= 0)
		return left;
	bpf_iter_num_new(&levels, 1, DEPTH);
	while ((at = bpf_iter_num_next(&levels)) != NULL) {
		__u32 level = *at & (DEPTH - 1);
		struct scheduler_node *above = at_level(node, level);

		if (above == NULL || level > node->level)
			break;
		if (above->quota_ns == 0)
			continue;
		roll(&above->window_start, &above->window_used, now, above->period_ns, above->quota_ns, above->burst_ns);
		if ((__s64)above->quota_ns - above->window_used < left)
			left = (__s64)above->quota_ns - above->window_used;
	}
	bpf_iter_num_destroy(&levels);
	return left;
}

static __always_inline bool is_throttled(const struct scheduler_node *node, __u64 now)
{
	return left_of_quota(node, now) <= 0;
}

static __always_inline __u64 slice_for(const struct scheduler_node *node, __u64 now)
{
	__s64 left = left_of_quota(node, now);

	if (left >= (__s64)settings.slice_ns)
		return settings.slice_ns;
	return left < (__s64)LEAST_SLICE_NS ? LEAST_SLICE_NS : (__u64)left;
}

/* Whether a group or one above it may run ahead of its turn, and has budget left for it. */
static __always_inline bool has_boost(const struct scheduler_node *node, __u64 now)
{
	for (__u32 level = 1; level < DEPTH && level <= node->level; level++) {
		__u32 place = node->path[level];
		struct scheduler_boost *boost = bpf_map_lookup_elem(&boosts, &place);
		struct scheduler_node *above = node_at(place);

		if (boost == NULL || above == NULL)
			return false;
		if (boost->budget_ns == 0 || boost->group != above->group)
			continue;
		roll(&above->boost_start, &above->boost_used, now, boost->period_ns, FORGIVE, 0);
		if (above->boost_used < (__s64)boost->budget_ns)
			return true;
	}
	return false;
}

static __always_inline void set_quota(struct scheduler_node *node, __u64 period_us, __u64 quota_us, __u64 burst_us)
{
	bool had = node->quota_ns != 0, has = quota_us != 0 && quota_us < MOST_QUOTA_US && period_us != 0;

	node->period_ns = period_us * NSEC_PER_USEC;
	node->burst_ns = burst_us < MOST_QUOTA_US ? burst_us * NSEC_PER_USEC : 0;
	node->window_start = bpf_ktime_get_ns();
	node->window_used = 0;
	node->quota_ns = has ? quota_us * NSEC_PER_USEC : 0;
	if (has && !had) {
		__sync_fetch_and_add(&state.limited, 1);
		wake_loader();
	} else if (had && !has) {
		__sync_fetch_and_add(&state.limited, -1);
	}
}

#endif
