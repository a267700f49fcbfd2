/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the scheduler uses of the kernel: members of structures (see kernel-types.h), functions and numbers. */
#ifndef CORRAL_BPF_SCHEDULER_KERNEL_H
#define CORRAL_BPF_SCHEDULER_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct cpumask;

struct kernfs_node {
	__u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
	int level;
};

struct sched_entity {
	__u64 sum_exec_runtime;
};

struct sched_ext_entity {
	__u32 flags;
	__u32 weight;
};

struct task_struct {
	struct sched_entity se;
	struct sched_ext_entity scx;
	const struct cpumask *cpus_ptr;
};

struct scx_cgroup_init_args {
	__u32 weight;
	__u64 bw_period_us;
	__u64 bw_quota_us;
	__u64 bw_burst_us;
};

struct scx_exit_info {
	int kind;
	__s64 exit_code;
	const char *reason;
	char *msg;
};

#pragma clang attribute pop

/* include/linux/sched/ext.h and kernel/sched/ext.c; the loader compares them with the running kernel's. */
#define SCX_TASK_QUEUED 1u
#define SCX_DSQ_GLOBAL 0x8000000000000001ull
#define SCX_DSQ_LOCAL 0x8000000000000002ull
#define SCX_ENQ_WAKEUP 1ull
#define SCX_ENQ_LAST (1ull << 41)
#define SCX_ENQ_PREEMPT (1ull << 32)
#define SCX_KICK_IDLE 1ull

/* include/uapi/linux/bpf.h since 6.4. */
struct bpf_iter_num {
	__u64 opaque;
} __attribute__((aligned(8)));

extern int scx_bpf_create_dsq(__u64 dsq, int node) __ksym;
extern void scx_bpf_destroy_dsq(__u64 dsq) __ksym;
extern int scx_bpf_dsq_nr_queued(__u64 dsq) __ksym;
extern void scx_bpf_dsq_insert(struct task_struct *p, __u64 dsq, __u64 slice, __u64 flags) __ksym;
extern void scx_bpf_dsq_insert_vtime(struct task_struct *p, __u64 dsq, __u64 slice, __u64 vtime, __u64 flags) __ksym;
extern bool scx_bpf_dsq_move_to_local(__u64 dsq) __ksym;
extern bool scx_bpf_task_set_slice(struct task_struct *p, __u64 slice) __ksym;
extern int scx_bpf_select_cpu_dfl(struct task_struct *p, int cpu, __u64 flags, bool *idle) __ksym;
extern int scx_bpf_pick_idle_cpu(const struct cpumask *cpus, __u64 flags) __ksym;
extern void scx_bpf_kick_cpu(int cpu, __u64 flags) __ksym;
extern int scx_bpf_task_cpu(const struct task_struct *p) __ksym;
extern __u32 scx_bpf_nr_cpu_ids(void) __ksym;
extern struct cgroup *scx_bpf_task_cgroup(struct task_struct *p) __ksym;
extern struct cgroup *bpf_cgroup_ancestor(struct cgroup *group, int level) __ksym;
extern void bpf_cgroup_release(struct cgroup *group) __ksym;
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym;

#endif
