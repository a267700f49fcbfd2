import type { Stage } from "./decision.ts";
import type { Domain } from "./place.ts";

/** What the two-stage policy remembers of a domain that is not simply `normal`. */
export interface DomainState {
  readonly domain: Domain;
  readonly stage: Stage;
  /** When it came to this stage. */
  readonly sinceMs: number;
  /** What memory.high holds now; null: its own. */
  readonly clampBytes: number | null;
  /** When that was last written. */
  readonly clampedAtMs: number;
  /** The freeze did not come about in time: it counts as done, and others follow. */
  readonly stuck: boolean;
  /** How often it has been frozen for too long since it was last normal. */
  readonly overruns: number;
  /** Not to be frozen again before. */
  readonly graceUntilMs: number;
  readonly releasedAtMs: number;
  /** How often it was clamped again soon after it had been released. */
  readonly flaps: number;
}

export const normalState = (domain: Domain): DomainState => ({
  domain,
  stage: "normal",
  sinceMs: 0,
  clampBytes: null,
  clampedAtMs: 0,
  stuck: false,
  overruns: 0,
  graceUntilMs: Number.NEGATIVE_INFINITY,
  releasedAtMs: Number.NEGATIVE_INFINITY,
  flaps: 0,
});

export const isStopped = ({ stage }: DomainState): boolean => stage === "frozen" || stage === "freezing";

/** Clamped or worse. */
export const isHeld = (state: DomainState): boolean => state.stage === "clamped" || isStopped(state);

/** Clamped again within it counts as a flap. */
const flapMs = 10_000;
const longestDwellMs = 5000;

/** A domain that is clamped: one that was released a moment ago is held longer the next time, so that it does not flap (A7). */
export const clampedState = (state: DomainState, nowMs: number, clampBytes: number): DomainState => ({
  ...state,
  stage: "clamped",
  sinceMs: nowMs,
  clampBytes,
  clampedAtMs: nowMs,
  flaps: nowMs - state.releasedAtMs < flapMs ? state.flaps + 1 : 0,
});

/** For how long all must be well before this one is let go. */
export const dwellOf = ({ flaps }: DomainState, dwellMs: number): number =>
  Math.max(dwellMs, Math.min(longestDwellMs, dwellMs * 2 ** flaps));
