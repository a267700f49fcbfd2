import { describeLimit, type LimitKey, limitNames } from "../../cgroup/index.ts";
import { deadlinePolicy, formatNumberList, schedPolicies } from "../../kernel/index.ts";
import type { ResolvedGroup, ResolvedWork } from "../resolve/index.ts";

/** Workers of a plan as a document has them. */
export interface WorkDocument {
  readonly work_type: string;
  readonly parameters: Readonly<Record<string, string | number>>;
  /** Of Sequence; else empty. */
  readonly phases: readonly { readonly kind: string; readonly us: number }[];
  /** Of Custom: its name; else null. */
  readonly custom: string | null;
  readonly workers: number;
  readonly workers_per_cpu: number | null;
  readonly group_size: number;
  /** inherit: no call; fixed: these CPUs; random: for each worker `count` of these. */
  readonly affinity: {
    readonly kind: "inherit" | "fixed" | "random";
    readonly cpus: string | null;
    readonly count: number | null;
  };
  readonly scheduling: {
    readonly policy: string;
    readonly priority: number;
    readonly runtime_ns: number | null;
    readonly deadline_ns: number | null;
    readonly period_ns: number | null;
  } | null;
  /** Mode with its flags as set_mempolicy(2) takes them. */
  readonly memory_policy: { readonly mode: number; readonly nodes: string } | null;
  readonly nice: number | null;
  readonly comm: string | null;
  /** Process that they are threads of; null: each is a process. */
  readonly pcomm: string | null;
  readonly uid: number | null;
  readonly gid: number | null;
  readonly numa_node: number | null;
}

/** A group of a plan as a document has it. */
export interface GroupDocument {
  readonly name: string;
  /** cpuset.cpus; null: not written. */
  readonly cpus: string | null;
  /** CPUs that its processes really have; null: all. */
  readonly effective_cpus: string | null;
  /** cpuset.mems; null: not written. */
  readonly mems: string | null;
  readonly limits: readonly { readonly name: string; readonly value: string }[];
  readonly controllers: readonly string[];
  readonly works: readonly WorkDocument[];
  /** Program and arguments; null: none. */
  readonly payload: readonly string[] | null;
}

export const listOrNull = (numbers: readonly number[] | null): string | null =>
  numbers === null ? null : formatNumberList(numbers);

function affinityOf({ affinity }: ResolvedWork): WorkDocument["affinity"] {
  switch (affinity.kind) {
    case "inherit":
      return { kind: "inherit", cpus: null, count: null };
    case "fixed":
      return { kind: "fixed", cpus: formatNumberList(affinity.cpus), count: null };
    case "random":
      return { kind: "random", cpus: formatNumberList(affinity.pool), count: affinity.count };
  }
}

const policyNames = new Map<number, string>([
  ...Object.entries(schedPolicies).map(([name, number]) => [number, name] as const),
  [deadlinePolicy, "deadline"],
]);

function schedulingOf({ scheduling }: ResolvedWork): WorkDocument["scheduling"] {
  if (scheduling === null) return null;
  const { policy, priority, deadline } = scheduling;
  return {
    policy: policyNames.get(policy) ?? String(policy),
    priority,
    // A week in nanoseconds is below 2^53.
    runtime_ns: deadline && Number(deadline.runtimeNs),
    deadline_ns: deadline && Number(deadline.deadlineNs),
    period_ns: deadline && Number(deadline.periodNs),
  };
}

export const toWorkDocument = (work: ResolvedWork): WorkDocument => ({
  work_type: work.workType,
  parameters: work.parameters,
  phases: work.phases,
  custom: work.custom?.name ?? null,
  workers: work.workers,
  workers_per_cpu: work.perCpu,
  group_size: work.groupSize,
  affinity: affinityOf(work),
  scheduling: schedulingOf(work),
  memory_policy: work.memoryPolicy && {
    mode: work.memoryPolicy.mode,
    nodes: formatNumberList(work.memoryPolicy.nodes),
  },
  nice: work.nice,
  comm: work.comm,
  pcomm: work.pcomm,
  uid: work.uid,
  gid: work.gid,
  numa_node: work.numaNode,
});

export const toGroupDocument = (group: ResolvedGroup): GroupDocument => ({
  name: group.name,
  cpus: listOrNull(group.cpuset?.cpus ?? null),
  effective_cpus: listOrNull(group.effectiveCpus),
  mems: listOrNull(group.cpusetMems),
  limits: limitsOf(group.limits),
  controllers: group.controllers,
  works: group.works.map(toWorkDocument),
  payload: group.payload?.argv ?? null,
});

/** Limits by the names of the flags, without cpusets, which stand for themselves. */
export const limitsOf = (limits: ResolvedGroup["limits"]): GroupDocument["limits"] =>
  (Object.keys(limits) as LimitKey[])
    .filter((key) => key !== "cpusetCpus" && key !== "cpusetMems")
    .map((key) => ({ name: limitNames[key], value: describeLimit(key, limits) }));
