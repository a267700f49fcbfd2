/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The tree of groups and whose turn it is. At each level the child with the least virtual time goes first; so the shares of
 * a leaf compound by themselves, and nobody has to know which siblings are active. The tree is not walked: of two leaves
 * that wait, those of their ancestors are compared that are siblings.
 */
#ifndef CORRAL_BPF_SCHEDULER_TREE_H
#define CORRAL_BPF_SCHEDULER_TREE_H

#include "scheduler-kernel.h"
#include "scheduler.h"

#define DEFAULT_WEIGHT 100
#define WORDS (MOST_NODES / 64)
#define NOWHERE MOST_NODES

const volatile struct scheduler_settings settings = {};
struct scheduler_state state = {};

/* Bits of nodes with runnable tasks; some may be set that have none. */
__u64 busy[WORDS] = {};
/* Places ever taken, and one more than the first that was given back; 0: none was. */
__u32 taken = 0;
__u32 first_free = 0;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MOST_NODES);
	/* The loader reads it. */
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct scheduler_node);
} nodes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MOST_NODES);
	__type(key, __u32);
	__type(value, struct scheduler_boost);
} boosts SEC(".maps");

/* The place of each group's tasks. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, __u32);
} places SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scheduler_counters);
} counters SEC(".maps");

#define COUNT(name)                                                                                                    \
	do {                                                                                                           \
		__u32 zero_ = 0;                                                                                       \
		struct scheduler_counters *counters_ = bpf_map_lookup_elem(&counters, &zero_);                         \
		if (counters_ != NULL)                                                                                 \
			counters_->name++;                                                                             \
	} while (0)

static __always_inline struct scheduler_node *node_at(__u32 place)
{
	return bpf_map_lookup_elem(&nodes, &place);
}

static __always_inline __u32 effective_weight(const struct scheduler_node *node)
{
	__u32 weight = node->idle ? 1 : node->weight;

	return weight == 0 ? 1 : weight;
}

/* Ancestor at a level, or the node itself. */
static __always_inline struct scheduler_node *at_level(const struct scheduler_node *node, __u32 level)
{
	return node_at(node->path[level & (DEPTH - 1)]);
}

static __always_inline bool is_before(__u64 a, __u64 b)
{
	return (__s64)(a - b) < 0;
}

static __always_inline void raise(__u64 *value, __u64 least)
{
	if (is_before(*value, least))
		*value = least;
}

/* The first level at which two groups are not below the same node. Iterators keep the verifier from following each round. */
static __always_inline __u32 parting_level(const struct scheduler_node *a, const struct scheduler_node *b)
{
	struct bpf_iter_num levels;
	__u32 part = 0;
	int *at;

	bpf_iter_num_new(&levels, 1, DEPTH);
	while ((at = bpf_iter_num_next(&levels)) != NULL) {
		__u32 level = *at & (DEPTH - 1);

		if (level <= a->level && level <= b->level && a->path[level] == b->path[level])
			continue;
		part = level;
		break;
	}
	bpf_iter_num_destroy(&levels);
	return part;
}

/* Whether the tasks of `a` are to run before those of `b`, which is another. */
static __always_inline bool goes_before(const struct scheduler_node *a, const struct scheduler_node *b)
{
	__u32 level = parting_level(a, b);
	struct scheduler_node *mine = at_level(a, level), *other = at_level(b, level);

	if (mine == NULL || other == NULL)
		return false;
	/* Where one is above the other, its own tasks stand beside the branch in which the other is. */
	return is_before(level > a->level ? a->own_vtime : mine->vtime, level > b->level ? b->own_vtime : other->vtime);
}

static __always_inline void advance_by(__u64 *vtime, __s64 ns, __u32 weight)
{
	if (ns >= 0)
		__sync_fetch_and_add(vtime, (__u64)ns * DEFAULT_WEIGHT / weight);
	else
		__sync_fetch_and_add(vtime, -((__u64)-ns * DEFAULT_WEIGHT / weight));
}

/* Charges `ns` of virtual time to a group and all above it, of which `spent` were really used. */
static __always_inline void charge(struct scheduler_node *node, __s64 ns, __u64 spent)
{
	advance_by(&node->own_vtime, ns, DEFAULT_WEIGHT);
	__sync_fetch_and_add(&node->ran_ns, spent);
	for (__u32 level = 1; level < DEPTH && level <= node->level; level++) {
		struct scheduler_node *above = at_level(node, level);

		if (above == NULL)
			return;
		advance_by(&above->vtime, ns, effective_weight(above));
		__sync_fetch_and_add(&above->window_used, spent);
		__sync_fetch_and_add(&above->boost_used, spent);
	}
}

/*
 * Bounds what a group may have saved up while it slept or could not use its share, and, when it wakes up, what it may owe for
 * time that nobody else wanted.
 */
static __always_inline void bound_lag(struct scheduler_node *node, bool wakes)
{
	__u64 credit = settings.slice_ns;
	struct scheduler_node *parent = node_at(node->path[0]);

	for (__u32 level = 1; level < DEPTH && level <= node->level; level++) {
		struct scheduler_node *child = at_level(node, level);
		__u64 most;

		if (parent == NULL || child == NULL)
			return;
		raise(&child->vtime, parent->now - credit);
		if (wakes && __sync_fetch_and_add(&child->active, 1) == 0) {
			most = parent->now + 8 * credit * DEFAULT_WEIGHT / effective_weight(child);
			if (is_before(most, child->vtime))
				child->vtime = most;
		}
		parent = child;
	}
	raise(&node->own_vtime, node->now - credit);
}

/* Notes that a group's tasks have their turn. */
static __always_inline void note_turn(struct scheduler_node *node)
{
	struct scheduler_node *parent = node_at(node->path[0]);

	for (__u32 level = 1; level < DEPTH && level <= node->level; level++) {
		struct scheduler_node *child = at_level(node, level);

		if (parent == NULL || child == NULL)
			return;
		raise(&parent->now, child->vtime);
		parent = child;
	}
	raise(&node->now, node->own_vtime);
}

#endif
