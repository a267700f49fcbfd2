import type { AgentMessage, Assignment, ControlMessage, FinalReport, WallNs } from "../model/index.ts";
import type { AgentState } from "./transitions.ts";

/** What happens to a stream of an agent. */
export type AgentEvent =
  /** `problem`: why the assignment of a `start` cannot be taken; null: it can. Meaningless for others. */
  | { readonly kind: "message"; readonly message: ControlMessage; readonly problem: string | null }
  /** Something came that is no message of this protocol. */
  | { readonly kind: "unknown"; readonly what: string }
  /** The controller is gone. */
  | { readonly kind: "lost"; readonly why: string }
  /** How far preparing is; a total of null is unknown. */
  | { readonly kind: "progress"; readonly done: bigint; readonly total: bigint | null }
  | { readonly kind: "prepared" }
  /** A stage after the first is prepared, and waits for nobody. */
  | { readonly kind: "passed" }
  | { readonly kind: "prepare_failed"; readonly why: string }
  /** The workload has begun, at this moment of the agent's clock. */
  | { readonly kind: "began"; readonly atNs: WallNs }
  /** A stage has ended, and another follows; otherwise as `done`. */
  | ({ readonly kind: "stage_done"; readonly result: string } & FinalReport)
  /** `result`: what came of it, a JSON document; empty: nothing is known. */
  | ({ readonly kind: "done"; readonly result: string } & FinalReport)
  | { readonly kind: "failed"; readonly why: string; readonly result: string }
  /** The time that `deadlineMs` said has come. */
  | { readonly kind: "deadline" };

/** What is to be done about it, in this order. */
export type AgentEffect =
  | { readonly kind: "send"; readonly message: AgentMessage }
  | { readonly kind: "prepare"; readonly assignment: Assignment }
  /** Prepare this stage, from 0; `prepared` or `passed` is the answer. */
  | { readonly kind: "prepare_stage"; readonly stage: number }
  /** Wait until then by this agent's clock, without going by steps of it, and run; `began` is the answer. */
  | { readonly kind: "begin"; readonly atNs: WallNs }
  /** Stop preparing, waiting or running, and clean up. */
  | { readonly kind: "cancel" }
  /** Nothing more is said: close once all is written. */
  | { readonly kind: "close" }
  | { readonly kind: "warn"; readonly text: string }
  /** For the log. */
  | { readonly kind: "went"; readonly from: AgentState; readonly to: AgentState; readonly why: string };
