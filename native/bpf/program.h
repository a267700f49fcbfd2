/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the programs have in common: the ring, the filter, the header of a record, and the count of what is lost. */
#ifndef CORRAL_BPF_PROGRAM_H
#define CORRAL_BPF_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "kernel-types.h"
#include "record.h"

#define NSEC_PER_TICK 10000000ull
/* cgroup.max.depth does not go this far in practice; the loop needs a bound. */
#define DEPTH 32
/* A quiet reader is woken when this much waits for it. */
#define QUIET_BYTES (1 << 18)

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The size is set by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

const volatile struct settings settings = {};
struct shared_state state = {};

static __always_inline void count_lost(__u32 kind)
{
	if (kind < KINDS)
		__sync_fetch_and_add(&state.lost[kind], 1);
}

/* Without a flag a reader is woken only when it has read all that came before. */
static __always_inline __u64 wakeup_flags(__u32 kind)
{
	if (*(volatile __u32 *)&state.quiet)
		return bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) >= QUIET_BYTES ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
	return kind == KIND_EXEC && *(volatile __u32 *)&state.urgent ? BPF_RB_FORCE_WAKEUP : 0;
}

/* Bytes of a record of this many bytes of text, which begin at `offset`. */
static __always_inline __u32 record_bytes(__u32 offset, __u32 text_bytes)
{
	return (offset + text_bytes + 7) & ~7u;
}

static __always_inline void send(void *record, __u64 size, __u32 kind)
{
	if (bpf_ringbuf_output(&events, record, size, wakeup_flags(kind)) < 0)
		count_lost(kind);
}

static __always_inline struct cgroup *group_of(struct task_struct *task)
{
	return task->cgroups->dfl_cgrp;
}

static __always_inline bool is_wanted(struct cgroup *group)
{
	struct cgroup **ancestors;
	int level;

	if (settings.cgroup_id == 0)
		return true;
	if (group->kn->id == settings.cgroup_id)
		return true;
	if (!settings.cgroup_subtree)
		return false;
	level = group->level;
	ancestors = (void *)group + bpf_core_field_offset(struct cgroup, ancestors);
	for (int i = 0; i < DEPTH && i < level; i++) {
		struct cgroup *ancestor = NULL;

		bpf_probe_read_kernel(&ancestor, sizeof(ancestor), ancestors + i);
		if (BPF_CORE_READ(ancestor, kn, id) == settings.cgroup_id)
			return true;
	}
	return false;
}

/* `task` is any thread of the process; its leader names it, for threads rename themselves. */
static __always_inline void fill_header(struct record_header *header, struct task_struct *task, __u32 kind)
{
	struct task_struct *leader = task->group_leader;

	header->timestamp_ns = bpf_ktime_get_ns() + settings.monotonic_offset_ns;
	header->start_ticks = (leader->start_boottime + settings.boottime_offset_ns) / NSEC_PER_TICK;
	header->cgroup_id = group_of(task)->kn->id;
	header->kind = kind;
	header->tgid = task->tgid;
	header->ppid = task->real_parent->tgid;
	header->uid = task->cred->uid.val;
	bpf_probe_read_kernel(header->comm, sizeof(header->comm), leader->comm);
}

#endif
