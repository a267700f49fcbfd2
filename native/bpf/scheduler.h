/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What the scheduler (native/bpf/scheduler.bpf.c) and its loader (native/scheduler) share. All times are nanoseconds unless
 * the name says otherwise; a group is named by the number of its directory's inode, as the kernel names it.
 */
#ifndef CORRAL_BPF_SCHEDULER_H
#define CORRAL_BPF_SCHEDULER_H

#include <linux/types.h>

/* Groups with a place of their own; what is above joins its parent. */
#define MOST_NODES 4096
/* Tasks that the scheduler can have at a time; those above are run in the order they come. */
#define MOST_TASKS 65536
/* Levels below the root that have weights of their own; a power of two. What is deeper joins its ancestor. */
#define DEPTH 16

/* Said before the programs are loaded, in .rodata. */
struct scheduler_settings {
	__u64 slice_ns;
	/* Groups that get a place of their own, at most MOST_NODES. */
	__u32 nodes;
	/* Tasks of a group run in the order they came, whatever their nice value. */
	__u32 fifo;
	/* For tests of the kernel's watchdog: nothing that waits is ever run. */
	__u32 stall;
	__u32 pad;
};

#define REASON_BYTES 128
#define MESSAGE_BYTES 1024

/* What the loader looks at, in .bss; the exit is what the kernel says when it puts the scheduler away. */
struct scheduler_state {
	/* Groups with a quota; while there are any, the loader runs `tick` now and then. */
	__s32 limited;
	__u32 pad;
	__u64 exit_code;
	__u32 exit_kind;
	/* Set last. */
	__u32 exited;
	char reason[REASON_BYTES];
	char message[MESSAGE_BYTES];
};

/* The names of scx_flatcg where the thing is the same; docs/scheduler.md says what each counts. */
#define SCHEDULER_COUNTERS(X)                                                                                          \
	X(act) X(deact) X(local) X(global) X(keep) X(expire) X(next) X(none) X(fail) X(sweep) X(boost)        \
		X(throttle) X(gone) X(homeless) X(crowded) X(hotplug)

#define COUNTER_MEMBER(name) __u64 name;
struct scheduler_counters {
	SCHEDULER_COUNTERS(COUNTER_MEMBER)
};

/* Written by the loader at a group's place: what the group may run ahead of its turn. */
struct scheduler_boost {
	/* The group that was meant: the place may have passed to another since. */
	__u64 group;
	__u64 budget_ns;
	__u64 period_ns;
};

/* One group. Virtual time is CPU time divided by the weight, so that equal times mean fair shares. */
struct scheduler_node {
	/* 0: nobody's place. */
	__u64 group;
	/* Of all that is below, among its siblings. */
	__u64 vtime;
	/* Of its own tasks, which stand among its children as one child of weight 100. */
	__u64 own_vtime;
	/* Virtual time of the child that was chosen last: who wakes up begins near it. */
	__u64 now;
	/* The same among its own tasks. */
	__u64 task_now;
	/* CPU time of its own tasks so far. */
	__u64 ran_ns;
	/* cpu.max; a quota of 0: none. */
	__u64 quota_ns;
	__u64 period_ns;
	__u64 burst_ns;
	__u64 window_start;
	__s64 window_used;
	/* Of the boost. */
	__u64 boost_start;
	__s64 boost_used;
	/* Its own tasks that run or want to, and those of all below. */
	__s32 runnable;
	__s32 active;
	__u32 weight;
	/* cpu.idle. */
	__u32 idle;
	/* Counts the groups that had this place. */
	__u32 generation;
	/* While it is nobody's: the next such place. */
	__u32 next_free;
	__u32 level;
	/* Places of its ancestors by level, itself last. */
	__u32 path[DEPTH];
};

#endif
