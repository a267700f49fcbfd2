import { seededRandom } from "../../policy/workload/index.ts";
import type { MemoryPolicy, SessionClass } from "../model/index.ts";
import { memoryPolicies } from "../model/index.ts";
import type { Trace, TraceShape } from "./traces.ts";
import { generateTrace, scaleTrace } from "./traces.ts";

/**
 * What is compared, in the order of reports: the protected agent by itself, which needs no protection, and the policies of
 * `corral guard --policy`.
 */
export const replayPolicies = ["alone", ...memoryPolicies] as const;

export type ReplayPolicy = (typeof replayPolicies)[number];

/** @returns the policy of the guard */
export const guardPolicyOf = (policy: ReplayPolicy): MemoryPolicy => (policy === "alone" ? "none" : policy);

/** One agent of a run. */
export interface ReplaySession {
  readonly name: string;
  readonly class: SessionClass;
  readonly trace: Trace;
}

/** What is run, apart from chance. */
export interface ReplayOptions {
  readonly policies: readonly ReplayPolicy[];
  readonly runs: number;
  /** How many agents; the first is of class high, the others of class low. */
  readonly sessions: number;
  /** memory.max of the group of all; null: in proportion to the demand, as in the published scenario. */
  readonly limitBytes: number | null;
  /** How many times as fast as in the trace. */
  readonly speed: number;
  readonly seed: number;
  /** Milliseconds of trace that each agent follows, before it is made faster; from `leastTraceMs` on. */
  readonly traceMs: number;
}

/** A shorter trace might have no burst at all. */
export const leastTraceMs = 15_000;

const mib = 2 ** 20;

/** The published scenario: three agents that want 1233 MiB at their peaks in 1100 MiB. */
const highMib = { baseMib: 275, peakMib: 421 };
const lowMib = { baseMib: 275, peakMib: 406 };
const demandShare = 1100 / 1233;

/**
 * An agent that runs the same tests again and again, as 85 to 97 % of the published tasks do: calls of 4 to 6 s, each with a
 * burst of 1 to 2 s, all of about the same height. Ramps last as long as at full size, where 3 GB/s is the most.
 */
const retryShape: Omit<TraceShape, "durationMs"> = {
  baseMib: [185, 185],
  burstMib: [1900, 2000],
  burstMs: [1400, 2000],
  everyMs: [4000, 6000],
  heavy: [0.05, 0.9],
  retainedMib: [0, 0],
  mibPerSec: 2900,
};

/** What a protected agent keeps of each call: memory of retries, up to 502 MB of 2 GB. */
const keepingShape: typeof retryShape = { ...retryShape, burstMib: [1350, 1450], retainedMib: [500, 500] };

/** The guard always has the first two. */
const lowName = (index: number): string => (index === 1 ? "session_low" : `session_low${index}`);

/** The agents of a run: the same for the same seed, whatever the policy; `alone` has the first of them. */
export function planSessions(
  { sessions, seed, traceMs }: Pick<ReplayOptions, "sessions" | "seed" | "traceMs">,
  { run, policy }: PlannedRun,
): ReplaySession[] {
  return Array.from({ length: policy === "alone" ? 1 : sessions }, (_, index) => {
    const random = seededRandom(seed * 1_000_003 + (run - 1) * 1009 + index);
    const [shape, size] = index === 0 ? [keepingShape, highMib] : [retryShape, lowMib];
    const trace = scaleTrace(generateTrace(random, { ...shape, durationMs: traceMs }), size);
    return index === 0 ? { name: "session_high", class: "high", trace } : { name: lowName(index), class: "low", trace };
  });
}

/** @returns memory.max of the group of all agents, in bytes */
export function limitOf({ limitBytes, sessions }: Pick<ReplayOptions, "limitBytes" | "sessions">): number {
  const demandMib = highMib.peakMib + (sessions - 1) * lowMib.peakMib;
  return limitBytes ?? Math.round(demandMib * demandShare) * mib;
}

/** One run of one policy. */
export interface PlannedRun {
  /** From 1. */
  readonly run: number;
  readonly policy: ReplayPolicy;
}

/** All policies of a run, then those of the next, so that a machine that changes meanwhile changes for all. */
export const planRuns = ({ runs, policies }: Pick<ReplayOptions, "runs" | "policies">): readonly PlannedRun[] =>
  Array.from({ length: runs }, (_, run) => policies.map((policy) => ({ run: run + 1, policy }))).flat();
