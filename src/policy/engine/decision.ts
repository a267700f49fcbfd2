import type { ProcessIdentity } from "../../kernel/index.ts";
import type { Action, Attempt, SignalWant, Target } from "../model/index.ts";

/** An action to be done now. */
export interface Act {
  readonly kind: "act";
  readonly requestId: string;
  readonly rule: string;
  readonly action: Action;
  readonly target: Target;
  readonly generation: number;
  readonly ackTimeoutMs: number;
  /** Whether its group may hold processes that are none of the rule's. */
  readonly othersInGroup: boolean;
  readonly dryRun: boolean;
  readonly deadlineNs: bigint;
}

/** What the engine wants done. Whoever does it answers with an input, at any later time. */
export type Decision =
  | Act
  /** Nobody waits for the action any more. */
  | { readonly kind: "cancel"; readonly requestId: string }
  | { readonly kind: "watch"; readonly watchId: number; readonly want: SignalWant }
  | { readonly kind: "unwatch"; readonly watchId: number }
  /** Measure the memory of a process now. */
  | { readonly kind: "look"; readonly lookId: number; readonly identity: ProcessIdentity }
  /** An attempt has ended. */
  | { readonly kind: "settled"; readonly attempt: Attempt }
  /** Its record, with the end of the process where the rule wants it. */
  | { readonly kind: "record"; readonly attempt: Attempt };
