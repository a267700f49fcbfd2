import type { CgroupDef, GroupLimits } from "./cgroup-def.ts";
import type { CpusetSpec } from "./cpuset.ts";
import type { AffinityIntent } from "./placement.ts";
import type { SchedulerSpec } from "./scheduler.ts";
import type { Duration, OneOf } from "./value-types.ts";
import type { WorkSpec } from "./work.ts";

/** Where workers are started. runner: where Corral itself is, without any group. */
export type SpawnPlacement = "runner" | { readonly cgroup: string };

interface OfGroup {
  /** Name of a group of the scenario. */
  readonly cgroup: string;
}

/** A payload that runs; without `cgroup` the only one of its name, with `""` the one that has no group of its own. */
interface OfPayload {
  readonly payload: string;
  readonly cgroup?: string;
}

/** Conditions that a `wait` can be for. */
export interface WaitConditions {
  /** Tasks of the group (of the host without one) have stalled this long within the window (PSI). */
  readonly pressure: {
    readonly cgroup?: string;
    readonly resource: "cpu" | "memory" | "io";
    /** some (default): one task waits; full: all wait. */
    readonly kind?: "some" | "full";
    readonly stall: Duration;
    /** 500 ms to 10 s. Default 1s. */
    readonly window?: Duration;
  };
  /** A counter of the group's events has grown. */
  readonly events: OfGroup & {
    readonly counter: EventCounter;
    /** Default 1. */
    readonly by?: number;
    /**
     * From when on. wait (default): since the wait began. step: since the ops of the step began, in a loop those of the round:
     * what an op before the wait has brought about counts too.
     */
    readonly since?: CountedSince;
  };
  /** The group is in this state (cgroup.events). */
  readonly state: OfGroup & { readonly is: "frozen" | "thawed" | "populated" | "empty" };
  /** A metric of the group is at or above `atLeast`, or at or below `atMost`; exactly one is given. */
  readonly metric: OfGroup & { readonly metric: GroupMetric; readonly atLeast?: number; readonly atMost?: number };
}

export const eventCounters = [
  "memory.low",
  "memory.high",
  "memory.max",
  "memory.oom",
  "memory.oom_kill",
  "swap.max",
  "pids.max",
] as const;
/** A line of memory.events, memory.swap.events or pids.events. */
export type EventCounter = (typeof eventCounters)[number];

export const countedSince = ["wait", "step"] as const;
export type CountedSince = (typeof countedSince)[number];

export const groupMetrics = [
  "memory_current_bytes",
  "swap_current_bytes",
  "pids_current",
  "cpu_usage_sec",
  "iterations",
] as const;
/** What can be read of a group; iterations: of its workers, since they began. */
export type GroupMetric = (typeof groupMetrics)[number];

/** What a `wait` is for. */
export type WaitCondition = OneOf<WaitConditions>;

/** A place in kernel memory, for ops that are not supported yet. */
export interface KernelTargets {
  readonly symbol: string;
  readonly address: string;
  readonly perCpuField: { readonly symbol: string; readonly field: string; readonly cpu: number };
  readonly taskField: { readonly pid: number; readonly expectedStartTimeNs: string; readonly field: string };
}
export type KernelTarget = OneOf<KernelTargets>;
export type KernelValue = OneOf<{
  readonly u32: number;
  readonly u64: string;
  readonly bytes: string;
  readonly orU32: number;
}>;
interface KernelWrites {
  readonly writes: readonly { readonly target: KernelTarget; readonly value: KernelValue }[];
}
interface KernelRead {
  readonly tag: string;
  readonly target: KernelTarget;
  readonly width: number;
}

/** Everything that a step can do. Ops are done in order; each is over before the next begins. */
export interface Ops {
  /** Makes an empty group. Error: the name is taken. */
  readonly addCgroup: { readonly name: string };
  /** Makes a group with all that belongs to it, as a step's setup does. */
  readonly addCgroupDef: CgroupDef;
  /** Ends what runs in a group, keeps the reports, removes it. A name that is not there is a warning. */
  readonly removeCgroup: OfGroup;
  /** Writes cpuset.cpus. */
  readonly setCpuset: OfGroup & { readonly cpus: CpusetSpec };
  /** Empties cpuset.cpus: the group inherits again. */
  readonly clearCpuset: OfGroup;
  /** Gives each of two groups the other's cpuset.cpus. */
  readonly swapCpusets: { readonly a: string; readonly b: string };
  /** Changes limits; those not named stay, max lifts one. */
  readonly setLimits: OfGroup & { readonly limits: GroupLimits };
  /** Starts more workers; the scenario's `workTypeOverride` is not for them. */
  readonly spawn: { readonly placement: SpawnPlacement; readonly work: WorkSpec };
  /** Ends payloads and workers of a group and keeps the reports; the group stays. */
  readonly stopCgroup: OfGroup;
  /** Calls sched_setaffinity(2) for every worker of a group; inherit leaves earlier masks as they are. */
  readonly setAffinity: OfGroup & { readonly affinity: AffinityIntent };
  /** Moves all processes from one group to another; from `""`, the workers that have none. */
  readonly moveAllTasks: { readonly from: string; readonly to: string };
  /** Starts a payload in the background, in a group or where Corral is. Error: it runs there already. */
  readonly runPayload: OfPayload & { readonly args?: readonly string[] };
  /** Waits for the end of a payload, judges it and keeps its metrics. Without a timeout: as long as it takes. */
  readonly waitPayload: OfPayload & { readonly timeout?: Duration };
  /** Kills the process group of a payload, judges it and keeps its metrics. */
  readonly killPayload: OfPayload;
  /** Writes 1 to cgroup.freeze; the kernel freezes in its own time. */
  readonly freezeCgroup: OfGroup;
  /** Writes 0 to cgroup.freeze. */
  readonly unfreezeCgroup: OfGroup;
  /** Writes 1 to cgroup.kill: every process of the group and below is killed. */
  readonly killCgroup: OfGroup;
  /** Writes memory.reclaim: so much is taken from the group. `amount`: a size (`64M`) or a share of its memory (`25%`). */
  readonly reclaim: OfGroup & { readonly amount: string; readonly swappiness?: number };
  /** Waits for a condition. Error: it does not hold in time. Default 10s. */
  readonly wait: { readonly for: WaitCondition; readonly timeout?: Duration };
  /** Keeps the processes of a group under a tag, in the order of the captures. */
  readonly captureCgroupProcs: { readonly tag: string; readonly cgroup: string };
  /** Starts a scheduler. Error: one runs. */
  readonly attachScheduler: { readonly scheduler: SchedulerSpec };
  /** Ends the scheduler that runs and starts another. Error: none runs. */
  readonly replaceScheduler: { readonly scheduler: SchedulerSpec };
  /** Not supported yet. */
  readonly captureSnapshot: { readonly name: string };
  /** Not supported yet. */
  readonly watchSnapshot: { readonly symbol: string };
  /** Not supported yet. */
  readonly writeKernelHot: KernelWrites;
  /** Not supported yet. */
  readonly writeKernelCold: KernelWrites;
  /** Not supported yet. */
  readonly readKernelHot: KernelRead;
  /** Not supported yet. */
  readonly readKernelCold: KernelRead;
  /** Not supported yet. */
  readonly pinBpfMap: { readonly name: string };
  /** Not supported yet. */
  readonly steerIrq: { readonly irq: string; readonly cpu: number };
}

/** Ops without parameters. detach_scheduler: ends the one that runs; restart_scheduler: the scenario's own again. */
export const opWords = ["detach_scheduler", "restart_scheduler"] as const;
export type OpWord = (typeof opWords)[number];

/** One op. */
export type Op = OpWord | OneOf<Ops>;

/**
 * Kinds of ops as files and reports name them. The place in this list is the op's bit in a step's mask of kinds: append,
 * never reorder.
 */
export const opKinds = [
  "add_cgroup",
  "add_cgroup_def",
  "remove_cgroup",
  "set_cpuset",
  "clear_cpuset",
  "swap_cpusets",
  "spawn",
  "stop_cgroup",
  "set_affinity",
  "move_all_tasks",
  "run_payload",
  "wait_payload",
  "kill_payload",
  "freeze_cgroup",
  "unfreeze_cgroup",
  "set_limits",
  "kill_cgroup",
  "reclaim",
  "wait",
  "capture_cgroup_procs",
  "attach_scheduler",
  "detach_scheduler",
  "restart_scheduler",
  "replace_scheduler",
  "capture_snapshot",
  "watch_snapshot",
  "write_kernel_hot",
  "write_kernel_cold",
  "read_kernel_hot",
  "read_kernel_cold",
  "pin_bpf_map",
  "steer_irq",
] as const;
/** The name of an op, as files and reports have it. */
export type OpKind = (typeof opKinds)[number];

/** Ops that have a name and a shape, and are refused: nothing here reaches into kernel memory. */
export const unsupportedOps: readonly OpKind[] = [
  "capture_snapshot",
  "watch_snapshot",
  "write_kernel_hot",
  "write_kernel_cold",
  "read_kernel_hot",
  "read_kernel_cold",
  "pin_bpf_map",
  "steer_irq",
];
