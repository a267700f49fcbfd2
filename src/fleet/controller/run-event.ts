import type { AgentMessage, ControlMessage, FleetOutcome } from "../model/index.ts";
import type { ConnectRefusal } from "./failure.ts";
import type { LinkState } from "./link.ts";

/** A report of a workload, or the last one with all that came of it. */
export type WorkMessage = Extract<AgentMessage, { kind: "running" | "stage_done" | "completed" }>;

/**
 * Phases of a run. Until `running` the failure of one agent ends it for all; from then on the others go on. At every barrier
 * it is `coordinating` again.
 */
export type RunPhase = "connecting" | "preparing" | "coordinating" | "running" | "ending" | "ended";

/** Why an attempt to connect has failed. */
export interface ConnectEnd {
  readonly why: string;
  /** Null: another attempt may succeed. */
  readonly refusal: ConnectRefusal | null;
}

/** What happens to a run; agents by their number. */
export type RunEvent =
  | { readonly kind: "connected"; readonly agent: number; readonly attempt: number }
  | ({ readonly kind: "connect_failed"; readonly agent: number; readonly attempt: number } & ConnectEnd)
  | { readonly kind: "message"; readonly agent: number; readonly message: AgentMessage }
  /** Something came that is no message of this protocol. */
  | { readonly kind: "garbled"; readonly agent: number; readonly what: string }
  /** The stream has ended, after all that came on it. */
  | { readonly kind: "lost"; readonly agent: number; readonly why: string }
  /** The user wants it to end; the second time at once. */
  | { readonly kind: "interrupt" }
  /** The time that `deadlineMs` said has come. */
  | { readonly kind: "deadline" };

/** What is to be done about it, in this order. */
export type RunEffect =
  /** Try to connect; `connected` or `connect_failed` of this attempt is the answer. */
  | { readonly kind: "connect"; readonly agent: number; readonly attempt: number }
  | { readonly kind: "send"; readonly agent: number; readonly message: ControlMessage }
  /** Close the stream, once all is written, or give up connecting. */
  | { readonly kind: "disconnect"; readonly agent: number }
  | { readonly kind: "warn"; readonly agent: number; readonly text: string }
  /** What a stage of a workload has told, for the results; stages from 0. */
  | { readonly kind: "report"; readonly agent: number; readonly stage: number; readonly report: WorkMessage }
  /** What came of a stage of an agent's workload, a JSON document, also of one that failed. */
  | { readonly kind: "result"; readonly agent: number; readonly stage: number; readonly document: string }
  /** For the log. */
  | {
      readonly kind: "went";
      readonly agent: number;
      readonly from: LinkState;
      readonly to: LinkState;
      readonly why: string;
    }
  | { readonly kind: "phase"; readonly from: RunPhase; readonly to: RunPhase; readonly why: string }
  | { readonly kind: "finish"; readonly outcome: FleetOutcome };
