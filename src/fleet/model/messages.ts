/*
 * What controller and agent say to each other, as values. How they are written to a wire is the transport's business
 * (fleet.proto); the meanings are those of research on the prototype's protocol, with the additions that a truthful
 * start needs.
 */

import type { BegunReport, FinalReport } from "./work.ts";

/** Times of the wall clock, in nanoseconds since 1970: above 2^53, hence bigint. */
export type WallNs = bigint;

/** What an agent is asked to do. */
export interface Assignment {
  /** Name of the agent in this run. */
  readonly agentId: string;
  /** What runs, as text that the agent parses and judges itself. */
  readonly config: string;
  /** Put before every path of the agent; empty where agents share them. */
  readonly pathPrefix: string;
  /** This agent's number, from 0, and how many there are: for parts of the work. */
  readonly index: number;
  readonly count: number;
}

/** What a controller says. */
export type ControlMessage =
  | { readonly kind: "start"; readonly assignment: Assignment }
  /** Everybody is ready: begin. */
  | {
      readonly kind: "go";
      /** The common moment, by the controller's clock. */
      readonly startNs: WallNs;
      /** The same moment by this agent's clock, as the controller has estimated it. */
      readonly localStartNs: WallNs;
      /** Which stage begins, from 0. */
      readonly stage: number;
    }
  | { readonly kind: "ping"; readonly id: bigint; readonly sentNs: WallNs }
  | { readonly kind: "abort"; readonly reason: string }
  /** The last message of a stream: it has arrived and is kept. */
  | { readonly kind: "acknowledge"; readonly sequence: bigint };

/** What an agent has to say, apart from its number in the stream. */
export type AgentSaying =
  | { readonly kind: "ready"; readonly atNs: WallNs }
  /** How far preparing is; it may come often, or never. */
  | { readonly kind: "preparing"; readonly done: bigint; readonly total: bigint | null }
  | ({ readonly kind: "running" } & BegunReport)
  /** A stage has ended by itself, and another follows; figures are those of the stage. */
  | ({
      readonly kind: "stage_done";
      /** Which, from 0. */
      readonly stage: number;
      readonly actualStartNs: WallNs;
      /** As of `completed`. */
      readonly result: string;
    } & FinalReport)
  /** It has prepared a stage, and waits at the barrier before it until the others have. */
  | { readonly kind: "arrived"; readonly stage: number; readonly atNs: WallNs }
  /** Figures are those of the last stage. */
  | ({
      readonly kind: "completed";
      readonly actualStartNs: WallNs;
      /** What came of the workload, a JSON document; empty: nothing is known. */
      readonly result: string;
    } & FinalReport)
  | {
      readonly kind: "error";
      readonly cause: AgentFailure;
      readonly message: string;
      /** As of `completed`. */
      readonly result: string;
      /** What was done since the last report; null: the workload had not begun. */
      readonly rest: BegunReport | null;
    }
  | { readonly kind: "aborted"; readonly reason: string; readonly rest: BegunReport | null }
  /** Answer to a ping, with the agent's clock when it came and when this was sent. */
  | { readonly kind: "pong"; readonly id: bigint; readonly receivedNs: WallNs; readonly sentNs: WallNs };

/** A message of an agent; numbers begin with 1 and have no gap. */
export type AgentMessage = AgentSaying & { readonly sequence: bigint };

/** Why an agent gives up, for the controller's exit status. */
export type AgentFailure =
  | "config_rejected"
  | "prepare_failed"
  | "prepare_timeout"
  | "no_start"
  | "ready_timeout"
  | "start_past"
  | "start_far"
  | "workload_failed"
  | "protocol";

/** Kinds of messages after which a stream has nothing more to say. */
const terminalKinds = ["completed", "error", "aborted"] as const;

export const isTerminal = ({ kind }: Pick<AgentSaying, "kind">): boolean =>
  (terminalKinds as readonly string[]).includes(kind);
