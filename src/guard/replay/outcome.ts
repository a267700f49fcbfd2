import type { SessionClass } from "../model/index.ts";
import type { ReplayPolicy } from "./scenario.ts";
import type { ToldStep } from "./told-step.ts";

/**
 * What became of an agent. completed: it came to the end of its trace. oom: the kernel killed it. guard: the guard killed its
 * tool call. stuck: it was killed after a time in which it should have ended long ago. failed: anything else.
 */
export const fates = ["completed", "oom", "guard", "stuck", "failed"] as const;

export type Fate = (typeof fates)[number];

/** Where the time of an agent went; null: not counted here, or it did not come to its end. */
export interface SpentTime {
  /** What it computed, in its program and in the kernel for it. */
  readonly cpuUserMs: number | null;
  readonly cpuSysMs: number | null;
  /** For how long it could have run and had no CPU; waited for memory (PSI, some). */
  readonly cpuWaitMs: number | null;
  readonly memoryWaitMs: number | null;
}

/** One agent of one run. */
export interface SessionOutcome {
  readonly name: string;
  readonly class: SessionClass;
  readonly fate: Fate;
  /** What the trace says, at the speed it was followed. */
  readonly plannedMs: number;
  readonly elapsedMs: number | null;
  /** From the common begin to when its end was seen. */
  readonly endedMs: number;
  /** Each step that asked for memory. */
  readonly allocationMs: readonly number[];
  /** Most memory that it had. */
  readonly peakMib: number;
  /** Of its tool call, its begin included. */
  readonly spent: SpentTime;
}

/** One run of one policy. */
export interface RunOutcome {
  /** From 1. */
  readonly run: number;
  readonly seed: number;
  readonly policy: ReplayPolicy;
  readonly sessions: readonly SessionOutcome[];
  /** Of the group of all: processes that the kernel killed for lack of memory. */
  readonly oomKills: number;
  readonly peakMib: number | null;
  /** CPU time that the guard used; null: not known. */
  readonly guardCpuMs: number | null;
  /** What the guard decided, in order. */
  readonly steps: readonly ToldStep[];
  readonly durationMs: number;
}

/** What is known of how an agent ended. */
export interface End {
  readonly exitCode: number | null;
  readonly elapsedMs: number | null;
  readonly reason: string | null;
  readonly isKilledByGuard: boolean;
  readonly isOverdue: boolean;
}

/** Names what became of an agent. */
export function fateOf({ exitCode, elapsedMs, reason, isKilledByGuard, isOverdue }: End): Fate {
  if (exitCode === 0 && elapsedMs !== null) return "completed";
  if (isKilledByGuard) return "guard";
  if (reason === "oom") return "oom";
  return isOverdue ? "stuck" : "failed";
}
