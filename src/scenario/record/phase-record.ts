import type { OpKind } from "../model/index.ts";
import type { Latencies } from "../workers/index.ts";

/** Milliseconds, with fractions, from the start of the scenario's clock (CLOCK_MONOTONIC, when controllers and scheduler are there). */
export type Moment = number;

/** What is before the first step: the backdrop's setup and the settling. */
export const baselinePhase = 0;

/** Phases are counted in 16 bits; whatever comes later has the last number. */
export const maxPhase = 65_535;

/** Number of the phase of a step, from 0. */
export const phaseOfStep = (step: number): number => Math.min(step + 1, maxPhase);

/** `BASELINE`, `Step[0]`, `Step[1]` … */
export const phaseLabel = (phase: number): string => (phase === baselinePhase ? "BASELINE" : `Step[${phase - 1}]`);

/** One op that was done, in the order they were done, those of backdrop and loops included. */
export interface OpRecord {
  /** Null: of the backdrop. From 0. */
  readonly step: number | null;
  /** Place in the list of ops, from 0; null for what a setup or a teardown did. */
  readonly index: number | null;
  /** From 0; more than 0 only in a loop. */
  readonly round: number;
  /** setup and teardown: all groups of one step together. */
  readonly kind: OpKind | "setup" | "teardown";
  /** What it was done to, for people: a group, a payload, `a → b`. Empty when there is nothing to name. */
  readonly object: string;
  readonly atMs: Moment;
  /** Time until it was over, kernel writes included. */
  readonly durationMs: number;
  /** One line; null when it was done. */
  readonly error: string | null;
}

/** What the workers of one handle did in one phase: differences of two looks, at its begin and at its end. */
export interface PhaseWork {
  /** Id of the WorkRecord. */
  readonly work: number;
  /** Group it was in at the end of the phase; `""` outside any. */
  readonly cgroup: string;
  /** Workers that were there at the end. */
  readonly workers: number;
  /** Time between the two looks at these counters; the same moment as that of the counters. */
  readonly elapsedMs: number;
  readonly iterations: number;
  readonly workUnits: number;
  readonly migrations: number;
  readonly cpuTimeNs: number;
  readonly runDelayNs: number;
  readonly latencyKind: "none" | "wake" | "cost" | "timer";
  /** Latencies of the phase alone (`latenciesSince`). */
  readonly latencies: Latencies;
}

/** One phase: BASELINE, then one for every step that began, also one in which nothing was sampled. */
export interface PhaseRecord {
  /** 0: BASELINE; step k (from 0) is k + 1. */
  readonly phase: number;
  /** Of the step, ops and setup included. */
  readonly startMs: Moment;
  /** Begin of the hold; null when there was none. */
  readonly holdMs: Moment | null;
  /** End of the hold, or when it was cut short; before anything is collected. */
  readonly endMs: Moment;
  /** How long the hold was meant to last, after it was cut to what was left of the scenario's duration. */
  readonly plannedHoldMs: number;
  /** How long it was to last before that; of a loop, what the plan had left for it. */
  readonly wantedHoldMs: number;
  /** Rounds that a loop began; null: no loop. */
  readonly rounds: number | null;
  /** Groups and workers at the end of the phase, the backdrop's included. */
  readonly groups: number;
  readonly workers: number;
  /** For every handle that was there in the phase: work between phases belongs to none. */
  readonly work: readonly PhaseWork[];
}

/** The phase in which a moment lies; null between phases. */
export const phaseAt = (phases: readonly PhaseRecord[], atMs: Moment): number | null =>
  phases.findLast(({ startMs, endMs }) => startMs <= atMs && atMs <= endMs)?.phase ?? null;

/** A hold of less than this share of what was wanted shows nothing. */
const leastHoldShare = 0.5;

/** A hold began with so little time left that what was to be seen in it was hardly there, or not at all. */
export const isHoldLost = ({
  holdMs,
  plannedHoldMs,
  wantedHoldMs,
  rounds,
}: Pick<PhaseRecord, "holdMs" | "plannedHoldMs" | "wantedHoldMs" | "rounds">): boolean =>
  holdMs !== null && (rounds === 0 || plannedHoldMs < wantedHoldMs * leastHoldShare);

/** Before it had lasted as long as it was meant to, or had even begun, the run was over. */
export const isHoldCut = ({
  holdMs,
  endMs,
  plannedHoldMs,
}: Pick<PhaseRecord, "holdMs" | "endMs" | "plannedHoldMs">): boolean =>
  holdMs === null || endMs - holdMs < plannedHoldMs;

/** What there was of such a hold, and the way out. */
export const lostHoldText = ({
  phase,
  plannedHoldMs,
  wantedHoldMs,
  rounds,
}: Pick<PhaseRecord, "phase" | "plannedHoldMs" | "wantedHoldMs" | "rounds">): string => {
  const had = rounds === 0 ? "its loop had no round" : `its hold had ${inMs(plannedHoldMs)} of ${inMs(wantedHoldMs)}`;
  return `${phaseLabel(phase)}: ${had}, for the scenario's duration was used up before; raise duration`;
};

const inMs = (ms: number): string => `${Math.round(ms)} ms`;
