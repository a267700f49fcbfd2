import type { ProcessIdentity } from "../../kernel/index.ts";
import type { AttemptProcess } from "./attempt.ts";
import type { AckPhases, AckStats, Enrolment, JsonValue } from "./enrolment.ts";
import type { Outcome } from "./outcome.ts";

/** What a rule does. Those on groups act on the control group of the process. */
export type Action =
  | { readonly do: "message"; readonly verb: string; readonly params: { readonly [key: string]: JsonValue } }
  | { readonly do: "signal"; readonly signal: number }
  /** `memory.reclaim`; of `bytes` and `fractionOfCurrent` exactly one is given. */
  | {
      readonly do: "reclaim";
      readonly bytes: number | null;
      readonly fractionOfCurrent: number | null;
      readonly swappiness: number | null;
    }
  /** Moves `memory.high` to a percentage of `memory.current`, within the two bounds. */
  | {
      readonly do: "memory_high";
      readonly percentOfCurrent: number;
      readonly leastBytes: number;
      readonly mostBytes: number | null;
    }
  | { readonly do: "madvise"; readonly advice: "cold" | "pageout" }
  /** Ends by itself after `mostMs`, and when Corral does. */
  | { readonly do: "freeze"; readonly mostMs: number }
  | { readonly do: "thaw" }
  | { readonly do: "weight"; readonly cpuWeight: number | null; readonly ioWeight: number | null }
  /** Runs a program; the facts of the target are in its environment, never in its command line. */
  | { readonly do: "exec"; readonly argv: readonly string[]; readonly timeoutMs: number };

/** What is acted on. */
export interface Target {
  readonly identity: ProcessIdentity;
  readonly enrolment: Enrolment | null;
  /** What was known of a process that has ended, for a hook that is about its end; absent while it may live. */
  readonly ended?: Pick<AttemptProcess, "comm" | "exe" | "uid" | "cgroup" | "exitCode" | "exitSignal">;
}

/** Memory of the target at one moment; null where this host does not tell. Of the process, and of its group. */
export interface Measure {
  readonly atNs: bigint;
  readonly pssBytes: number | null;
  readonly rssBytes: number | null;
  readonly swapBytes: number | null;
  readonly groupCurrentBytes: number | null;
  readonly groupSwapBytes: number | null;
}

/** The control group that an action was done to. */
export interface AffectedGroup {
  readonly path: string;
  /** Processes in it and below it when it was done. */
  readonly processes: number;
}

/** How one action ended. Times are CLOCK_MONOTONIC. */
export interface ActionResult {
  readonly outcome: Outcome;
  /** One clause for people. */
  readonly reason: string;
  /** Name of the errno of a failed call, else null. */
  readonly errno: string | null;
  readonly before: Measure | null;
  readonly after: Measure | null;
  /** Null for an action on the process alone. */
  readonly affected: AffectedGroup | null;
  /** What was reclaimed from the group or paged out of the process, as far as the kernel says; null for other actions. */
  readonly amountBytes: number | null;
  readonly stats: AckStats | null;
  readonly phases: AckPhases | null;
  readonly startedNs: bigint;
  /** When the target was asked: the message sent, the signal delivered, the file written; null when it never was. */
  readonly requestedNs: bigint | null;
  /** When its acknowledgement arrived, on our clock; null when none did, or none is to be expected. */
  readonly acknowledgedNs: bigint | null;
  readonly finishedNs: bigint;
}

/** What an action may be told beside what it is. */
export interface ActionContext {
  readonly requestId: string;
  readonly ackTimeoutMs: number;
  readonly dryRun: boolean;
  /** Act on a control group although it holds processes that are neither the target nor below it. */
  readonly othersInGroup: boolean;
  readonly signal: AbortSignal | null;
}

/** Does actions. The engine knows no more of them. */
export interface ActionDoer {
  /** Never rejects: what goes wrong is in the result. The identity of the target is checked again before anything is done. */
  perform(action: Action, target: Target, context: ActionContext): Promise<ActionResult>;
}
