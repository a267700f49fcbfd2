/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Groups that come, go and change. The kernel calls these one at a time. */
#ifndef CORRAL_BPF_SCHEDULER_GROUPS_H
#define CORRAL_BPF_SCHEDULER_GROUPS_H

#include "scheduler-limits.h"

static __always_inline struct scheduler_node *node_of_group(struct cgroup *group)
{
	__u64 id = group->kn->id;
	__u32 *place = bpf_map_lookup_elem(&places, &id);
	struct scheduler_node *node = place == NULL ? NULL : node_at(*place);

	return node != NULL && node->group == id ? node : NULL;
}

/* A place for one more group, or NOWHERE. */
static __always_inline __u32 take_place(void)
{
	struct scheduler_node *node;
	__u32 place = first_free;

	if (place != 0) {
		node = node_at(place - 1);
		if (node != NULL)
			first_free = node->next_free;
		return place - 1;
	}
	if (taken >= settings.nodes || taken >= MOST_NODES)
		return NOWHERE;
	place = taken;
	taken = place + 1;
	return place;
}

/* Where the tasks of the group above are; NOWHERE for the root. */
static __always_inline __u32 place_above(struct cgroup *group)
{
	struct cgroup *above;
	__u32 *place;
	__u64 id;

	if (group->level == 0)
		return NOWHERE;
	above = bpf_cgroup_ancestor(group, group->level - 1);
	if (above == NULL)
		return NOWHERE;
	id = above->kn->id;
	bpf_cgroup_release(above);
	place = bpf_map_lookup_elem(&places, &id);
	return place == NULL ? NOWHERE : *place;
}

/* Begins a node below another; `above` is NULL for the root. */
static __always_inline void begin_node(struct scheduler_node *node, __u32 place, const struct scheduler_node *above,
				       __u64 group)
{
	__u32 level = above == NULL ? 0 : above->level + 1;

	for (__u32 i = 0; i < DEPTH; i++)
		node->path[i] = above == NULL || i >= level ? place : above->path[i];
	node->level = level;
	node->vtime = above == NULL ? 0 : above->now;
	node->own_vtime = node->now = node->task_now = node->ran_ns = 0;
	node->boost_start = node->boost_used = 0;
	node->runnable = node->active = 0;
	node->idle = 0;
	node->generation++;
	node->group = group;
}

SEC("struct_ops.s/cgroup_init")
int BPF_PROG(cgroup_init, struct cgroup *group, struct scx_cgroup_init_args *arguments)
{
	__u64 id = group->kn->id;
	__u32 above_at = place_above(group), place = NOWHERE;
	struct scheduler_node *above = node_at(above_at), *node;
	int error;

	if (above == NULL || above->level + 1 < DEPTH)
		place = take_place();
	node = node_at(place);
	if (node == NULL) {
		/* Refusing would keep anybody from making a group. */
		COUNT(crowded);
		return above == NULL ? -28 /* ENOSPC */ : bpf_map_update_elem(&places, &id, &above_at, BPF_ANY);
	}
	error = scx_bpf_create_dsq(id, -1);
	if (error != 0) {
		node->next_free = first_free;
		first_free = place + 1;
		return error;
	}
	begin_node(node, place, above, id);
	node->weight = arguments->weight;
	set_quota(node, arguments->bw_period_us, arguments->bw_quota_us, arguments->bw_burst_us);
	return bpf_map_update_elem(&places, &id, &place, BPF_ANY);
}

SEC("struct_ops.s/cgroup_exit")
int BPF_PROG(cgroup_exit, struct cgroup *group)
{
	struct scheduler_node *node = node_of_group(group);
	__u64 id = group->kn->id;
	__u32 place;

	if (node != NULL) {
		place = node->path[node->level & (DEPTH - 1)];
		set_quota(node, 0, 0, 0);
		node->group = 0;
		node->next_free = first_free;
		first_free = place + 1;
		scx_bpf_destroy_dsq(id);
	}
	bpf_map_delete_elem(&places, &id);
	return 0;
}

SEC("struct_ops/cgroup_set_weight")
int BPF_PROG(cgroup_set_weight, struct cgroup *group, __u32 weight)
{
	struct scheduler_node *node = node_of_group(group);

	if (node != NULL)
		node->weight = weight;
	return 0;
}

SEC("struct_ops/cgroup_set_bandwidth")
int BPF_PROG(cgroup_set_bandwidth, struct cgroup *group, __u64 period_us, __u64 quota_us, __u64 burst_us)
{
	struct scheduler_node *node = node_of_group(group);

	if (node != NULL)
		set_quota(node, period_us, quota_us, burst_us);
	return 0;
}

SEC("struct_ops/cgroup_set_idle")
int BPF_PROG(cgroup_set_idle, struct cgroup *group, bool idle)
{
	struct scheduler_node *node = node_of_group(group);

	if (node != NULL)
		node->idle = idle;
	return 0;
}

#endif
