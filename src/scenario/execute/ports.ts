import type { LimitPlan, Limits } from "../../cgroup/index.ts";
import type { Clock } from "../clock/index.ts";
import type { MonitorSample, SeriesValues } from "../record/index.ts";
import type { ResolvedScheduler } from "../resolve/index.ts";
import type { AttributeErrors, WorkerAttributes, WorkerPlan, WorkerSet } from "../workers/index.ts";
import type { GroupFiles } from "./groups/group-files.ts";

/** Workers of one kind: `WorkerSet`, or what stands for it. */
export type Workers = Pick<
  WorkerSet,
  | "pids"
  | "processes"
  | "tasksOf"
  | "release"
  | "sample"
  | "totals"
  | "latencies"
  | "suspendCpus"
  | "beginCpuset"
  | "stop"
  | "kill"
  | "stuck"
>;

export interface WorkerSource {
  /** Makes workers that wait to be released. @throws CorralError START_FAILED and the like; nothing is left then */
  readonly start: (plan: WorkerPlan) => Promise<Workers>;
  /** The same of threads of one process of this name, a set for each plan; the end of one is the end of all. */
  readonly startThreads: (pcomm: string, plans: readonly WorkerPlan[]) => Promise<readonly Workers[]>;
  /** Of one thread. */
  readonly setAttributes: (tid: number, attributes: WorkerAttributes) => AttributeErrors;
  readonly setAffinity: (tid: number, cpus: string) => string | null;
}

/** How a program ended. */
export type ProgramEnd =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signaled"; readonly signal: number }
  | { readonly kind: "lost" };

/** A program that was started as load. */
export interface RunningProgram {
  readonly pid: number;
  /** Settles when it has ended and its output is read. */
  readonly ended: Promise<ProgramEnd>;
  /** SIGKILL to its process group, or to it alone where it has none of its own. */
  readonly kill: () => void;
  /** What it has printed so far, and what was left out of it. */
  readonly output: () => { readonly stdout: string; readonly stderr: string; readonly cut: boolean };
}

export interface ProgramRequest {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Name of the group; `""`: where Corral is. */
  readonly cgroup: string;
  readonly usesParentPgrp: boolean;
}

/** How a supervised process ended. */
export interface Death {
  readonly how: "crashed" | "exited" | "unknown";
  readonly reason: string;
}

/** A process whose end ends the run. */
export interface Supervised {
  readonly name: string;
  readonly pid: number;
  readonly ended: Promise<Death>;
  /** Nobody asks any more. */
  readonly release: () => void;
}

/** A scheduler that is loaded. */
export interface RunningScheduler extends Supervised {
  /** Takes it out and waits until the kernel's own has taken over. */
  readonly stop: () => Promise<void>;
}

export interface SchedulerSource {
  /** Loads a scheduler. @throws CorralError SCHEDULER_UNAVAILABLE */
  readonly attach: (scheduler: ResolvedScheduler) => Promise<RunningScheduler>;
  /** State of sched_ext, as /sys/kernel/sched_ext/state has it; `absent` without it. */
  readonly state: () => string;
}

/** What a task has done so far. */
export interface TaskProgress {
  readonly switches: number;
  readonly execNs: number;
}

export interface TaskReader {
  /** Null when it is gone. */
  readonly progress: (pid: number) => TaskProgress | null;
  readonly comm: (pid: number) => string;
  /** What it is at, for people. */
  readonly diagnostics: (pid: number) => Readonly<Record<string, string>>;
}

export interface PressureWait {
  /** Null: of the host. */
  readonly cgroup: string | null;
  readonly resource: "cpu" | "memory" | "io";
  readonly share: "some" | "full";
  readonly stallUs: number;
  readonly windowUs: number;
}

/** What the monitor sees in one look. */
export type MonitorLook = Omit<MonitorSample, "atMs">;

/** Everything that a run touches beside its own memory. */
export interface Ports {
  readonly clock: Clock;
  readonly files: GroupFiles;
  readonly workers: WorkerSource;
  /** Aborting ends a start that is under way. @throws CorralError COMMAND_NOT_FOUND and the like */
  readonly startProgram: (request: ProgramRequest, signal: AbortSignal) => Promise<RunningProgram>;
  readonly scheduler: SchedulerSource;
  readonly tasks: TaskReader;
  readonly planLimits: (limits: Limits) => LimitPlan;
  /** Counters of a group; all null where it has none. */
  readonly look: (name: string) => SeriesValues;
  /** The host's run queues, now, and the CPU time that the look took. */
  readonly monitor: () => { readonly look: MonitorLook; readonly cpuMs: number };
  /** Resolves when tasks were stalled for so long; rejects with the signal's reason. @throws CorralError SIGNAL_UNAVAILABLE */
  readonly pressure: (wait: PressureWait, signal: AbortSignal) => Promise<void>;
  /** A directory for IO of workers, below one that is removed at the end. */
  readonly storage: () => string;
  /** From 0 up to, but without, 1. */
  readonly random: () => number;
}
