import type { Assignment, Totals, WallNs } from "../model/index.ts";
import type { ClockEstimate, ClockSample } from "./clock-estimate.ts";
import type { FailureCause } from "./failure.ts";

/**
 * Where the controller is with one agent:
 *
 *     connecting ─→ config_sent ─ready→ ready ─all ready→ start_sent ─running→ collecting ─→ completed
 *
 * and from each of them to `failed`.
 */
export const linkStates = [
  "connecting",
  "config_sent",
  "ready",
  "start_sent",
  "collecting",
  "completed",
  "failed",
] as const;
export type LinkState = (typeof linkStates)[number];

/** Why an agent failed. */
export interface LinkFailure {
  readonly cause: FailureCause;
  readonly message: string;
  /** The state in which it did. */
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
  /** How far preparing is, as it has told; a total of null is not known. */
  prepared: { readonly done: bigint; readonly total: bigint | null } | null;
  totals: Totals | null;
  actualStartNs: WallNs | null;
  failure: LinkFailure | null;
}

export const newLink = (assignment: Assignment, nowMs: number): Link => ({
  assignment,
  state: "connecting",
  isOpen: false,
  attempts: 0,
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
  prepared: null,
  totals: null,
  actualStartNs: null,
  failure: null,
});

export const isOver = ({ state }: Link): boolean => state === "completed" || state === "failed";
