import type { Polarity } from "../model/index.ts";
import type { Moment } from "./phase-record.ts";

/** What started a payload. */
export type PayloadSource = "op" | "cgroup" | "backdrop";

/**
 * How a payload came to its end. killed: by an op or by the teardown, after it had run until then; timed-out: a wait for it
 * was over, and it was killed.
 */
export type PayloadEnd =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signaled"; readonly signal: number }
  | { readonly kind: "killed" }
  | { readonly kind: "timed-out" }
  | { readonly kind: "lost" };

/** One number that was read from what a payload printed. */
export interface PayloadMetricValue {
  readonly name: string;
  readonly value: number;
  readonly polarity: Polarity;
  /** Empty when none is declared. */
  readonly unit: string;
  /** declared: the payload names it; found: the document has it. */
  readonly source: "declared" | "found";
  readonly stream: "stdout" | "stderr";
}

/** One run of a payload. */
export interface PayloadRecord {
  /** Counts the payloads of a run, in the order they were started, from 0. */
  readonly id: number;
  readonly payload: string;
  /** `""` outside any group. */
  readonly cgroup: string;
  readonly source: PayloadSource;
  /** Step that started it, from 0; null: the backdrop. */
  readonly step: number | null;
  readonly argv: readonly string[];
  /** Null when it could not be started. */
  readonly pid: number | null;
  readonly startedMs: Moment;
  readonly endedMs: Moment;
  readonly end: PayloadEnd;
  /** Of `readMetrics`; empty with output exit_code. */
  readonly metrics: readonly PayloadMetricValue[];
  /** What could not be read of its output, one line each. */
  readonly problems: readonly string[];
  /** The end of what it printed, at most 4 KiB each, for people. */
  readonly stdoutTail: string;
  readonly stderrTail: string;
}

/** A process that the hold supervised and that ended: the scheduler, or another that must live. */
export interface EndedProcess {
  /** What the report calls it. */
  readonly name: string;
  readonly isScheduler: boolean;
  readonly pid: number;
  readonly atMs: Moment;
  /** between-steps: found after a step; hold: meanwhile; end: found after all steps. */
  readonly when: "between-steps" | "hold" | "end";
  /** Steps that were complete by then, and how many there are. */
  readonly stepsDone: number;
  readonly steps: number;
  /** crashed: it says or the kernel says that it failed; exited: status 0; unknown: nobody knows. */
  readonly how: "crashed" | "exited" | "unknown";
  /** The kernel's words or its exit status; empty when there are none. */
  readonly reason: string;
}

/** A worker that neither ran nor switched for a while (/proc/PID/schedstat, or sched where that is missing). */
export interface StalledWorker {
  readonly work: number;
  readonly cgroup: string;
  readonly pid: number;
  readonly comm: string;
  readonly atMs: Moment;
  readonly samples: number;
  /** What it was found doing: wchan, syscall, state, cgroup …; `[unreadable: EACCES]` where that could not be read. */
  readonly diagnostics: Readonly<Record<string, string>>;
}
