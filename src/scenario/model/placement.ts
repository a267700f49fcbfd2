import type { Duration, NumberList, OneOf } from "./value-types.ts";

/** Ways to say where a worker may run, beside those that are one word. */
export interface AffinityIntents {
  /** For each worker `count` CPUs drawn at random from `from` and the group's CPUs. Error: no CPU in common. */
  readonly randomSubset: { readonly from: NumberList; readonly count: number };
  /** These CPUs as far as they are the group's. Error: none is. */
  readonly exact: NumberList;
}

export const affinityWords = ["inherit", "llc_aligned", "cross_cgroup", "single_cpu", "smt_sibling_pair"] as const;

/**
 * Where a worker may run (sched_setaffinity(2)), meant within its group's CPUs; one that cannot be met is an error.
 * inherit: no call, so an earlier mask stays. llc_aligned: the group's CPUs in the last-level cache that has most of them.
 * cross_cgroup: all CPUs of the host; the kernel keeps to the group's. single_cpu: the group's lowest.
 * smt_sibling_pair: two hardware threads of the first core that has two in the group.
 */
export type AffinityIntent = (typeof affinityWords)[number] | OneOf<AffinityIntents>;

/** Memory policies of set_mempolicy(2) that need nodes. */
export interface MemPolicies {
  readonly bind: NumberList;
  /** One node. */
  readonly preferred: number;
  readonly interleave: NumberList;
  /** Linux 5.15. */
  readonly preferredMany: NumberList;
  /** Linux 6.9. */
  readonly weightedInterleave: NumberList;
}

export const memPolicyWords = ["default", "local"] as const;

/** Where a worker's memory is taken from; default: no call. */
export type MemPolicy = (typeof memPolicyWords)[number] | OneOf<MemPolicies>;

/** Flags of set_mempolicy(2) by the bits of linux/mempolicy.h. static_nodes and relative_nodes exclude each other. */
export const memPolicyFlags = { numa_balancing: 1 << 13, relative_nodes: 1 << 14, static_nodes: 1 << 15 } as const;
/** A flag of set_mempolicy(2). */
export type MemPolicyFlag = keyof typeof memPolicyFlags;

/** Scheduling policies of sched(7) that have parameters. Those here need CAP_SYS_NICE. */
export interface SchedPolicies {
  /** Priority, 1 to 99. */
  readonly fifo: number;
  /** Priority, 1 to 99. */
  readonly roundRobin: number;
  /** 1024 ns ≤ runtime ≤ deadline ≤ period; without a period it is the deadline. */
  readonly deadline: { readonly runtime: Duration; readonly deadline: Duration; readonly period?: Duration };
}

export const schedPolicyWords = ["normal", "batch", "idle", "ext"] as const;

/** How a worker is scheduled; ext: SCHED_EXT. */
export type SchedPolicy = (typeof schedPolicyWords)[number] | OneOf<SchedPolicies>;
