import type { AffinityIntent, CpusetSpec, Duration, HoldSpec, MemPolicy, NumberList, SchedPolicy } from "../model/index.ts";

/** Ways to say which CPUs a group may use (`CpusetSpecs`). */
export const cpus = {
  /** All CPUs of a last-level cache. */
  llc: (index: number): CpusetSpec => ({ llc: index }),
  /** All CPUs of a memory node. */
  numa: (node: number): CpusetSpec => ({ numa: node }),
  /** A stretch of the usable CPUs; 0 ≤ start < end ≤ 1. */
  range: (start: number, end: number): CpusetSpec => ({ range: { start, end } }),
  /** One of several equal shares that have no CPU in common. */
  disjoint: (index: number, of: number): CpusetSpec => ({ disjoint: { index, of } }),
  /** A share that reaches into its neighbours by this part of a share. */
  overlap: (index: number, of: number, frac: number): CpusetSpec => ({ overlap: { index, of, frac } }),
  /** These CPUs. */
  exact: (list: NumberList): CpusetSpec => ({ exact: list }),
} as const;

/** Ways to say where a worker may run (`AffinityIntents`); those of one word are written as that. */
export const affinity = {
  /** For each worker `count` CPUs drawn from these. */
  randomSubset: (from: NumberList, count: number): AffinityIntent => ({ randomSubset: { from, count } }),
  /** These CPUs. */
  exact: (list: NumberList): AffinityIntent => ({ exact: list }),
} as const;

/** Memory policies that need nodes (`MemPolicies`). */
export const memory = {
  bind: (nodes: NumberList): MemPolicy => ({ bind: nodes }),
  preferred: (node: number): MemPolicy => ({ preferred: node }),
  interleave: (nodes: NumberList): MemPolicy => ({ interleave: nodes }),
  preferredMany: (nodes: NumberList): MemPolicy => ({ preferredMany: nodes }),
  weightedInterleave: (nodes: NumberList): MemPolicy => ({ weightedInterleave: nodes }),
} as const;

/** Scheduling policies that have parameters (`SchedPolicies`). */
export const sched = {
  /** @param priority 1 to 99 */
  fifo: (priority: number): SchedPolicy => ({ fifo: priority }),
  /** @param priority 1 to 99 */
  roundRobin: (priority: number): SchedPolicy => ({ roundRobin: priority }),
  /** Without a period it is the deadline. */
  deadline: (runtime: Duration, deadline: Duration, period?: Duration): SchedPolicy => ({
    deadline: period === undefined ? { runtime, deadline } : { runtime, deadline, period },
  }),
} as const;

/** How long a step lasts (`HoldSpecs`). */
export const hold = {
  /** The scenario's whole duration. */
  full: "full",
  /** This part of the scenario's duration. */
  frac: (frac: number): HoldSpec => ({ frac }),
  fixed: (duration: Duration): HoldSpec => ({ fixed: duration }),
  /** The ops again and again, with this pause after each round. */
  loop: (interval: Duration): HoldSpec => ({ loop: { interval } }),
} as const satisfies Readonly<Record<string, HoldSpec | ((...args: never) => HoldSpec)>>;
