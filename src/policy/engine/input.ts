import type { LifecycleEvent } from "../../events/index.ts";
import type { RunningProcess } from "../../events/tree/index.ts";
import type { ActionResult, Attempt, AttemptProcess, EnrolmentChange, Measure, Sample } from "../model/index.ts";
import type { Rule } from "../rules/index.ts";

/** What /proc says of a process beside its events, as far as a rule asks for it; null where it was not asked or is hidden. */
export interface LookedUp {
  /** The path of its group in each hierarchy. */
  readonly groups: readonly string[] | null;
  /** The path of the group that its memory is charged to. */
  readonly memoryGroup: string | null;
  readonly cwd: string | null;
}

/** A process that runs already. */
export interface AdoptedProcess {
  readonly process: RunningProcess;
  readonly lookedUp: LookedUp | null;
  /** CLOCK_MONOTONIC of its start, as near as /proc tells. */
  readonly startNs: bigint | null;
  /** What an earlier run of the policy knew of it. */
  readonly remembered: Remembered | null;
}

/** What is kept of a process over a restart of the policy. */
export interface Remembered {
  readonly execNs: bigint | null;
  readonly generation: number;
  /** What is still to be done or recorded, by rule. */
  readonly kept: readonly KeptCase[];
  /** Names of the rules that have acted on it, or tried to. */
  readonly done: readonly string[];
}

/** A rule and a process of an earlier run of the policy, as far as something of it was not over. */
export interface KeptCase {
  readonly rule: string;
  /** The `do` of its action. */
  readonly action: string;
  readonly process: AttemptProcess;
  /** When the rule is due; of what was being done, when it was. Null when only records are left. */
  readonly deadlineNs: bigint | null;
  /** Whether its action was under way. */
  readonly acting: boolean;
  readonly tryNumber: number;
  /** Records that wait for the end of the process. */
  readonly unwritten: readonly Attempt[];
}

/** What became of a process while no policy ran. */
export interface MissedEnd {
  readonly kept: KeptCase;
  readonly end: "exited" | "superseded";
}

/**
 * Everything that the engine ever learns, in the order in which it learns it. The same inputs make the same decisions, so that a
 * recording of them can be replayed.
 */
export type EngineInput = { readonly nowNs: bigint } & (
  | {
      readonly kind: "adopt";
      readonly processes: readonly AdoptedProcess[];
      /** What an earlier run waited for of processes that are not there any more, or not the same programs. */
      readonly missed: readonly MissedEnd[];
    }
  | { readonly kind: "event"; readonly event: LifecycleEvent; readonly lookedUp: LookedUp | null }
  /** Of who enrols, what /proc says of it. */
  | { readonly kind: "enrolment"; readonly change: EnrolmentChange; readonly lookedUp: LookedUp | null }
  | { readonly kind: "sample"; readonly watchId: number; readonly sample: Sample }
  | { readonly kind: "unwatchable"; readonly watchId: number; readonly reason: string }
  | { readonly kind: "measured"; readonly lookId: number; readonly measure: Measure | null }
  | { readonly kind: "result"; readonly requestId: string; readonly result: ActionResult }
  /** Events did not arrive. */
  | { readonly kind: "lost"; readonly count: number }
  /** Deadlines may be due: those up to this time are judged, by nothing else. All that happened before it has been told. */
  | { readonly kind: "tick"; readonly untilNs: bigint }
  /** The rules from now on. */
  | { readonly kind: "rules"; readonly rules: readonly Rule[]; readonly lookedUp: ReadonlyMap<number, LookedUp> }
  /** The end: whatever is under way is given up and recorded. */
  | { readonly kind: "stop" }
);
