/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * A sched_ext scheduler that shares CPUs among control groups by cpu.weight, level by level, honours cpu.max, and lets groups
 * that were told to it run ahead of their turn within a budget. Each group has a queue; a CPU that is free takes a task of the
 * group whose turn it is. docs/scheduler.md says what it promises.
 */
#include "scheduler-choice.h"
#include "scheduler-groups.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("struct_ops/select_cpu")
int BPF_PROG(select_cpu, struct task_struct *p, int previous, __u64 wake_flags)
{
	bool idle = false;
	int cpu = scx_bpf_select_cpu_dfl(p, previous, wake_flags, &idle);
	struct scheduled *task;
	struct scheduler_node *node;
	__u64 now;

	if (!idle || settings.stall)
		return cpu;
	task = scheduled_of(p);
	node = node_of(task);
	now = bpf_ktime_get_ns();
	if (node == NULL || is_throttled(node, now))
		return cpu;
	COUNT(local);
	scx_bpf_dsq_insert(p, SCX_DSQ_LOCAL, slice_for(node, now), 0);
	return cpu;
}

SEC("struct_ops/enqueue")
int BPF_PROG(enqueue, struct task_struct *p, __u64 flags)
{
	struct scheduled *task = scheduled_of(p);
	struct scheduler_node *node = node_of(task);
	__u64 now = bpf_ktime_get_ns();
	int cpu;

	if (task == NULL || node == NULL) {
		COUNT(homeless);
		scx_bpf_dsq_insert(p, SCX_DSQ_GLOBAL, settings.slice_ns, flags);
		return 0;
	}
	if ((flags & SCX_ENQ_WAKEUP) && has_boost(node, now) && !is_throttled(node, now) && !settings.stall) {
		COUNT(boost);
		scx_bpf_dsq_insert(p, SCX_DSQ_LOCAL, slice_for(node, now), flags | SCX_ENQ_PREEMPT);
		return 0;
	}
	COUNT(global);
	queue_up(p, task, node, now, flags);
	cpu = scx_bpf_pick_idle_cpu(p->cpus_ptr, 0);
	if (cpu >= 0)
		scx_bpf_kick_cpu(cpu, SCX_KICK_IDLE);
	else if (flags & SCX_ENQ_LAST)
		scx_bpf_kick_cpu(scx_bpf_task_cpu(p), SCX_KICK_IDLE);
	return 0;
}

/* Lets a task whose slice is over go on. */
static __always_inline void keep(struct task_struct *p, struct scheduled *task, struct scheduler_node *node, __u64 now)
{
	COUNT(keep);
	note_turn(node);
	begin_turn(p, task, node);
	scx_bpf_task_set_slice(p, slice_for(node, now));
}

/* Groups that are tried whose waiting tasks may all not run on this CPU. */
#define TRIES 64

/* Moves a task to this CPU; false when the one in `own` is to go on, or there is none. */
static __always_inline bool take_turn(__u32 own, __u64 now)
{
	struct bpf_iter_num tries;
	__u32 place, after = NOWHERE;
	bool moved = false, unsure = false;

	bpf_iter_num_new(&tries, 0, TRIES);
	while (bpf_iter_num_next(&tries) != NULL) {
		struct scheduler_node *node;

		place = choose(own, after, now);
		node = node_at(place);
		/* The order may have changed since the last try, and with it what comes after. */
		unsure = after != NOWHERE;
		if (node == NULL)
			break;
		if (scx_bpf_dsq_nr_queued(node->group) > 0 && scx_bpf_dsq_move_to_local(node->group)) {
			COUNT(next);
			note_turn(node);
			moved = true;
			break;
		}
		unsure = place != own;
		if (!unsure)
			break;
		COUNT(fail);
		after = place;
	}
	bpf_iter_num_destroy(&tries);
	if (moved || !unsure)
		return moved;
	COUNT(sweep);
	return sweep(true, now);
}

SEC("struct_ops/dispatch")
int BPF_PROG(dispatch, int cpu, struct task_struct *previous)
{
	struct scheduler_node *own = NULL;
	struct scheduled *task = NULL;
	__u64 now = bpf_ktime_get_ns();

	if (settings.stall)
		return 0;
	if (previous != NULL && (previous->scx.flags & SCX_TASK_QUEUED)) {
		task = scheduled_of(previous);
		own = node_of(task);
		if (task != NULL && own != NULL) {
			end_turn(previous, task, own);
			bound_lag(own, false);
			if (is_throttled(own, now)) {
				COUNT(throttle);
				own = NULL;
			}
		}
	}
	if (take_turn(own == NULL ? NOWHERE : task->place, now))
		COUNT(expire);
	else if (task != NULL && own != NULL && previous != NULL)
		keep(previous, task, own, now);
	else
		COUNT(none);
	return 0;
}

SEC("struct_ops/runnable")
int BPF_PROG(runnable, struct task_struct *p, __u64 flags)
{
	struct scheduled *task = scheduled_of(p);
	struct scheduler_node *node;

	if (task == NULL)
		return 0;
	node = settle_in(p, task);
	if (node == NULL)
		return 0;
	if (__sync_fetch_and_add(&node->runnable, 1) == 0)
		COUNT(act);
	task->counted = 1;
	mark_busy(task->place);
	bound_lag(node, true);
	return 0;
}

SEC("struct_ops/quiescent")
int BPF_PROG(quiescent, struct task_struct *p, __u64 flags)
{
	struct scheduled *task = scheduled_of(p);
	struct scheduler_node *node = node_of(task);

	if (task == NULL || !task->counted)
		return 0;
	task->counted = 0;
	if (node == NULL) {
		COUNT(gone);
		return 0;
	}
	if (__sync_fetch_and_add(&node->runnable, -1) == 1)
		COUNT(deact);
	for (__u32 level = 1; level < DEPTH && level <= node->level; level++) {
		struct scheduler_node *above = at_level(node, level);

		if (above != NULL)
			__sync_fetch_and_add(&above->active, -1);
	}
	return 0;
}

SEC("struct_ops/running")
int BPF_PROG(running, struct task_struct *p)
{
	struct scheduled *task = scheduled_of(p);
	struct scheduler_node *node = node_of(task);

	if (task != NULL && node != NULL && !task->running)
		begin_turn(p, task, node);
	return 0;
}

SEC("struct_ops/stopping")
int BPF_PROG(stopping, struct task_struct *p, bool is_runnable)
{
	struct scheduled *task = scheduled_of(p);
	struct scheduler_node *node = node_of(task);

	if (task != NULL && node != NULL)
		end_turn(p, task, node);
	return 0;
}

SEC("struct_ops/enable")
int BPF_PROG(enable, struct task_struct *p)
{
	const struct scheduled fresh = {};
	__u64 key = (__u64)p;

	bpf_map_update_elem(&tasks, &key, &fresh, BPF_ANY);
	return 0;
}

SEC("struct_ops/disable")
int BPF_PROG(disable, struct task_struct *p)
{
	__u64 key = (__u64)p;

	bpf_map_delete_elem(&tasks, &key);
	return 0;
}

/* The kernel gives up a scheduler that does not know these when a CPU comes or goes. */
SEC("struct_ops/cpu_online")
int BPF_PROG(cpu_online, int cpu)
{
	COUNT(hotplug);
	return 0;
}

SEC("struct_ops/cpu_offline")
int BPF_PROG(cpu_offline, int cpu)
{
	COUNT(hotplug);
	return 0;
}

/*
 * Run by the loader while there are quotas: wakes idle CPUs when a group that was out of quota may run again. Not a timer of
 * the kernel's: making one fails where a processor has no cmpxchg16b, and a CPU that is not idle looks by itself.
 */
SEC("syscall/tick")
int tick(void *context)
{
	struct bpf_iter_num cpus;
	int *cpu;

	if (!sweep(false, bpf_ktime_get_ns()))
		return 0;
	bpf_iter_num_new(&cpus, 0, scx_bpf_nr_cpu_ids());
	while ((cpu = bpf_iter_num_next(&cpus)) != NULL)
		scx_bpf_kick_cpu(*cpu, SCX_KICK_IDLE);
	bpf_iter_num_destroy(&cpus);
	return 1;
}

SEC("struct_ops.s/exit")
int BPF_PROG(ended, struct scx_exit_info *info)
{
	state.exit_kind = info->kind;
	state.exit_code = info->exit_code;
	bpf_probe_read_kernel_str(state.reason, sizeof(state.reason), info->reason);
	bpf_probe_read_kernel_str(state.message, sizeof(state.message), info->msg);
	__sync_fetch_and_add(&state.exited, 1);
	wake_loader();
	return 0;
}
