import type { Assignment, Totals, WallNs } from "../model/index.ts";
import type { ClockEstimate, ClockSample } from "./clock-estimate.ts";
import type { FailureCause } from "./failure.ts";

/**
 * Where the controller is with one agent:
 *
 *     connecting ─→ config_sent ─ready→ ready ─all ready→ start_sent ─running→ collecting ─→ completed
 *
 * while stages are left
 *
 *     collecting ─stage_done→ between ─arrived→ arrived ─all arrived→ start_sent, or between ─running→ collecting
 *
 * and from each of them to `failed`, or to `aborted` when it ends because the run does.
 */
export const linkStates = [
  "connecting",
  "config_sent",
  "ready",
  "start_sent",
  "collecting",
  "between",
  "arrived",
  "completed",
  "failed",
  "aborted",
] as const;
export type LinkState = (typeof linkStates)[number];

/** Why an agent failed, or was ended with the run. */
export interface LinkFailure {
  readonly cause: FailureCause;
  readonly message: string;
  /** The state in which it was. */
  readonly during: LinkState;
}

/** What the controller knows of one agent. */
export interface Link {
  readonly assignment: Assignment;
  state: LinkState;
  /** Whether there is a stream to write to. */
  isOpen: boolean;
  /** Attempts to connect so far; the answers name theirs. */
  attempts: number;
  /** Why the last attempt failed; null: none has. */
  problem: string | null;
  /** Whether it was told to end because the run does. */
  isTold: boolean;
  /** When the next attempt is due; null: one is under way, or it is connected. */
  retryAtMs: number | null;
  /** When the state has lasted too long. */
  limitMs: number | null;
  /** When anything came last. */
  heardMs: number;
  /** When the last report of its workload came, or when the first is expected. */
  reportedMs: number;
  /** When the last ping was sent since anything came; null: none was. */
  pingedMs: number | null;
  /** Pings since anything came. */
  unanswered: number;
  /** Pings whose answers would tell of the clock, by their ids. */
  readonly asked: Map<bigint, WallNs>;
  /** Exchanges that the estimate of its clock still needs. */
  probesLeft: number;
  /** Those exchanges that there were. */
  readonly samples: ClockSample[];
  clock: ClockEstimate | null;
  /** Number of its last message. */
  sequence: bigint;
  /** Messages that are missing before one that came. */
  missed: bigint;
  /** The stage that it is in, or prepares, from 0. */
  stage: number;
  /** How far preparing is, as it has told; a total of null is not known. */
  prepared: { readonly done: bigint; readonly total: bigint | null } | null;
  /** Of its stage; null: nothing of it was told yet. */
  totals: Totals | null;
  /** When its first stage really began. */
  actualStartNs: WallNs | null;
  failure: LinkFailure | null;
}

export const newLink = (assignment: Assignment, nowMs: number): Link => ({
  assignment,
  state: "connecting",
  isOpen: false,
  attempts: 0,
  problem: null,
  isTold: false,
  retryAtMs: null,
  limitMs: null,
  heardMs: nowMs,
  reportedMs: nowMs,
  pingedMs: null,
  unanswered: 0,
  asked: new Map(),
  probesLeft: 0,
  samples: [],
  clock: null,
  sequence: 0n,
  missed: 0n,
  stage: 0,
  prepared: null,
  totals: null,
  actualStartNs: null,
  failure: null,
});

/** States that a link does not leave. */
export const overStates: readonly LinkState[] = ["completed", "failed", "aborted"];

export const isOver = ({ state }: Link): boolean => overStates.includes(state);
