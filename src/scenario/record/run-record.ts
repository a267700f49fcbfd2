import type { Scenario } from "../model/index.ts";
import type { DilationRecord } from "./dilation-record.ts";
import type { GroupRecord } from "./group-record.ts";
import type { HostRecord, MonitorSample } from "./host-record.ts";
import type { Moment, OpRecord, PhaseRecord } from "./phase-record.ts";
import type { EndedProcess, PayloadRecord, StalledWorker } from "./process-record.ts";
import type { WorkRecord } from "./work-record.ts";

/** host: this kernel; vm: a guest that Corral booted for it. */
export type RunWhere = "host" | "vm";

/** An error that ended the run early. What was recorded before is kept. */
export interface RunFailure {
  /** setup: controllers, scheduler; backdrop: its setup; step: an op or a setup of a step; engine: a bug or a host in disorder. */
  readonly stage: "setup" | "backdrop" | "step" | "engine";
  /** From 0; null but for step. */
  readonly step: number | null;
  /** From 0; null when it was not an op. */
  readonly op: number | null;
  readonly atMs: Moment;
  /** Stable code of the error, and its one line with the fix. */
  readonly code: string;
  readonly message: string;
}

/** Code of the failure of a run that its caller ended before its time. */
const abortedCode = "ABORTED";

/** Whether its caller ended a run before its time: that says nothing of the scenario. */
export const isEndedByCaller = ({ code }: Pick<RunFailure, "code">): boolean => code === abortedCode;

const stageWords = {
  setup: "set-up failed",
  backdrop: "the backdrop's set-up failed",
  step: "failed",
  engine: "the engine failed",
} as const satisfies Readonly<Record<RunFailure["stage"], string>>;

/** An error with what it ended, for people: `step 2, op 1 failed: …`; that the caller ended the run, as it is. */
export function failureText({ stage, step, op, code, message }: Omit<RunFailure, "atMs">): string {
  if (isEndedByCaller({ code })) return message;
  const which = step === null ? "" : `step ${step}${op === null ? "" : `, op ${op}`} `;
  return `${which}${stageWords[stage]}: ${message}`;
}

/** Everything that is known of one run. Lists are in the order of time. */
export interface RunRecord {
  readonly scenario: Scenario;
  /** The scenario's file as it was given; null: a program made it. */
  readonly file: string | null;
  /** `YYYYMMDDTHHMMSSZ-N`, unique on the host. */
  readonly runId: string;
  readonly where: RunWhere;
  /** Place among the repeats, from 0. */
  readonly repeat: number;
  /** Wall clock when the scenario's clock began, RFC 3339 with milliseconds. */
  readonly startTime: string;
  /** From the begin of the clock until everything was collected and removed. */
  readonly durationMs: number;
  /** Of that, what the teardowns took. */
  readonly cleanupMs: number;
  readonly host: HostRecord;
  readonly dilation: DilationRecord;
  /** Controllers that were enabled. */
  readonly controllers: readonly string[];
  /** Why it was not run: what the host lacks; null when it ran. */
  readonly skipped: string | null;
  readonly phases: readonly PhaseRecord[];
  readonly ops: readonly OpRecord[];
  readonly groups: readonly GroupRecord[];
  readonly works: readonly WorkRecord[];
  readonly payloads: readonly PayloadRecord[];
  readonly ended: readonly EndedProcess[];
  readonly stalled: readonly StalledWorker[];
  /** Empty without a monitor. */
  readonly monitor: readonly MonitorSample[];
  /** At most one ends a run; errors of the teardown may follow. */
  readonly failures: readonly RunFailure[];
  /** What went on all the same, one line each: names that were not there, attributes that were refused. */
  readonly warnings: readonly string[];
  /** What is said for people: limits that were scaled, samples that were lost. */
  readonly notes: readonly string[];
}
