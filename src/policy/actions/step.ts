import type { AckPhases, AckStats, AffectedGroup, Outcome } from "../model/index.ts";

/** What became of doing it, before its effect was looked at. Times are CLOCK_MONOTONIC. */
export interface Done {
  readonly outcome: Outcome;
  readonly reason: string;
  readonly errno: string | null;
  readonly requestedNs: bigint | null;
  readonly acknowledgedNs: bigint | null;
  readonly stats: AckStats | null;
  readonly phases: AckPhases | null;
}

/** Nothing was done, for a reason that was plain before. */
export interface Refusal {
  readonly refused: Outcome;
  readonly reason: string;
}

/** By which figure an action shows whether it gained anything; null: by none. */
export type Gain = "pss" | "swap" | "group" | null;

/** An action that is ready to be done. */
export interface Step {
  /** What it would do, for a dry run: completes "would …". */
  readonly plan: string;
  readonly affected: AffectedGroup | null;
  readonly gain: Gain;
  /** Does it; what it throws is told as the outcome. */
  run(): Promise<Done>;
}

export const refuse = (refused: Outcome, reason: string): Refusal => ({ refused, reason });

export const isRefusal = (prepared: Step | Refusal): prepared is Refusal => "refused" in prepared;

/** A `Done` without what most actions do not have. */
export const done = (outcome: Outcome, reason: string, requestedNs: bigint | null, more: Partial<Done> = {}): Done => ({
  outcome,
  reason,
  errno: null,
  requestedNs,
  acknowledgedNs: null,
  stats: null,
  phases: null,
  ...more,
});

/** CLOCK_MONOTONIC. */
export const nowNs = (): bigint => process.hrtime.bigint();
