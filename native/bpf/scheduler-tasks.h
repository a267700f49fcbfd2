/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What is known of each task, and the charging of what it uses. */
#ifndef CORRAL_BPF_SCHEDULER_TASKS_H
#define CORRAL_BPF_SCHEDULER_TASKS_H

#include "scheduler-limits.h"

struct scheduled {
	/* Among the tasks of its group. */
	__u64 vtime;
	/* The task's CPU time when its turn began. */
	__u64 began;
	/* Charged in advance at that time. */
	__u64 advance;
	/* Its group's place, and which of the groups that had it. */
	__u32 place;
	__u32 generation;
	__u32 counted;
	__u32 running;
};

/*
 * By the address of its task_struct, from its entry into the scheduler to its end there. Not the kernel's storage for tasks:
 * its allocations fail where a processor has no cmpxchg16b.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MOST_TASKS);
	__type(key, __u64);
	__type(value, struct scheduled);
} tasks SEC(".maps");

static __always_inline struct scheduled *scheduled_of(struct task_struct *p)
{
	__u64 key = (__u64)p;

	return bpf_map_lookup_elem(&tasks, &key);
}

/* The node of the group that the task was last seen in; NULL when that is gone. */
static __always_inline struct scheduler_node *node_of(const struct scheduled *task)
{
	struct scheduler_node *node;

	if (task == NULL || task->generation == 0)
		return NULL;
	node = node_at(task->place);
	return node != NULL && node->generation == task->generation && node->group != 0 ? node : NULL;
}

/* Looks again which group the task is in. */
static __always_inline struct scheduler_node *settle_in(struct task_struct *p, struct scheduled *task)
{
	struct cgroup *group = scx_bpf_task_cgroup(p);
	struct scheduler_node *node;
	__u64 id;
	__u32 *place;

	id = group->kn->id;
	bpf_cgroup_release(group);
	place = bpf_map_lookup_elem(&places, &id);
	node = place == NULL ? NULL : node_at(*place);
	if (node == NULL || node->group == 0) {
		task->generation = 0;
		return NULL;
	}
	if (task->generation != node->generation || task->place != *place)
		task->vtime = node->task_now;
	task->place = *place;
	task->generation = node->generation;
	return node;
}

/* Begins a turn: until it is over the slice counts as used, so that other CPUs do not all choose the same group. */
static __always_inline void begin_turn(struct task_struct *p, struct scheduled *task, struct scheduler_node *node)
{
	task->began = p->se.sum_exec_runtime;
	task->advance = settings.slice_ns;
	task->running = 1;
	raise(&node->task_now, task->vtime);
	charge(node, (__s64)task->advance, 0);
}

static __always_inline void end_turn(struct task_struct *p, struct scheduled *task, struct scheduler_node *node)
{
	__u64 used = p->se.sum_exec_runtime - task->began;
	__u32 weight = p->scx.weight;

	if (!task->running)
		return;
	task->running = 0;
	charge(node, (__s64)(used - task->advance), used);
	task->vtime += used * DEFAULT_WEIGHT / (weight == 0 ? 1 : weight);
}

/* Puts a task where the CPUs look for the tasks of its group. */
static __always_inline void queue_up(struct task_struct *p, struct scheduled *task, struct scheduler_node *node, __u64 now,
				     __u64 flags)
{
	__u64 slice = slice_for(node, now);

	raise(&task->vtime, node->task_now - settings.slice_ns);
	if (settings.fifo)
		scx_bpf_dsq_insert(p, node->group, slice, flags);
	else
		scx_bpf_dsq_insert_vtime(p, node->group, slice, task->vtime, flags);
}

#endif
