import type { Observed } from "../memory/index.ts";
import type { SessionClass } from "../model/index.ts";
import type { Fate, RunOutcome, SessionOutcome } from "./outcome.ts";
import { fates } from "./outcome.ts";
import type { ReplayOptions, ReplayPolicy } from "./scenario.ts";
import { limitOf } from "./scenario.ts";
import type { Estimate, Share } from "./statistics.ts";
import { median, medianRatio, percentile, shareOf } from "./statistics.ts";
import type { ToldStep } from "./told-step.ts";
import { countActions } from "./told-step.ts";

interface ShareDocument {
  readonly count: number;
  readonly of: number;
  readonly share: number;
  /** 95 %, two-sided (Wilson). */
  readonly low: number;
  readonly high: number;
  /** 95 %, one-sided, exact (Clopper-Pearson). */
  readonly at_least: number;
}

/** What one policy did for the agents of a class. */
export interface ClassDocument {
  readonly class: SessionClass;
  readonly survived: ShareDocument | null;
  /** How many agents ended how. */
  readonly fates: Readonly<Record<Fate, number>>;
  /** Of agents that came to the end of their trace; null: of none. */
  readonly elapsed_p50_ms: number | null;
  /** Median of what they took, by what the trace says. */
  readonly slowdown: number | null;
  /** The same by the median of survivors without any policy, with its 95 % interval; null: nothing to compare with. */
  readonly slowdown_against_none: Estimate | null;
  readonly allocations: number;
  readonly allocation_p50_ms: number | null;
  readonly allocation_p95_ms: number | null;
  readonly allocation_p99_ms: number | null;
}

export interface PolicyDocument {
  readonly policy: ReplayPolicy;
  readonly runs: number;
  /** Runs in which nobody was lost. */
  readonly whole_runs: ShareDocument | null;
  /** Agents of all classes. */
  readonly survived: ShareDocument | null;
  readonly classes: readonly ClassDocument[];
  readonly oom_kills: number;
  /** All of its runs, by action. */
  readonly decisions: Readonly<Record<string, number>>;
}

interface RunSessionDocument {
  readonly session: string;
  readonly class: SessionClass;
  readonly fate: Fate;
  readonly planned_ms: number;
  readonly elapsed_ms: number | null;
  readonly peak_mib: number;
  readonly allocation_p50_ms: number | null;
  readonly allocation_p95_ms: number | null;
  readonly allocation_p99_ms: number | null;
}

interface StepDocument extends Observed {
  /** From when the agents began together; below 0: before. */
  readonly at_ms: number;
  readonly session: string;
  readonly action: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  /** What was compared with, in the unit of what `reason` names; null: nothing. */
  readonly threshold: number | null;
  readonly writes: readonly string[];
  /** Group of the tool call that was killed. */
  readonly killed: string | null;
  /** What could not be written, and why. */
  readonly failed: readonly string[];
}

interface RunDocument {
  readonly run: number;
  readonly policy: ReplayPolicy;
  readonly oom_kills: number;
  readonly peak_mib: number | null;
  readonly duration_ms: number;
  /** By action. */
  readonly decisions: Readonly<Record<string, number>>;
  /** Each of them with what was seen, in order. */
  readonly steps: readonly StepDocument[];
  readonly sessions: readonly RunSessionDocument[];
}

/** `corral.isolation/1`: policies of memory side by side. */
export interface IsolationDocument {
  readonly schema: "corral.isolation/1";
  readonly scenario: {
    readonly sessions: number;
    readonly limit_bytes: number;
    readonly speed: number;
    readonly seed: number;
    readonly runs: number;
  };
  readonly kernel: string;
  /** False: it was stopped before all runs were done. */
  readonly complete: boolean;
  readonly policies: readonly PolicyDocument[];
  readonly runs: readonly RunDocument[];
}

const toShare = (share: Share | null): ShareDocument | null => {
  if (share === null) return null;
  const { atLeast, ...rest } = share;
  return { ...rest, at_least: atLeast };
};

const survived = (sessions: readonly SessionOutcome[]): ShareDocument | null =>
  toShare(shareOf(sessions.filter(({ fate }) => fate === "completed").length, sessions.length));

const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

const allocations = (ms: readonly number[]) => ({
  allocation_p50_ms: orNull(percentile(ms, 0.5)),
  allocation_p95_ms: orNull(percentile(ms, 0.95)),
  allocation_p99_ms: orNull(percentile(ms, 0.99)),
});

const elapsedOf = (sessions: readonly SessionOutcome[]): readonly number[] =>
  sessions.flatMap(({ fate, elapsedMs }) => (fate === "completed" && elapsedMs !== null ? [elapsedMs] : []));

function classDocument(
  sessionClass: SessionClass,
  of: readonly SessionOutcome[],
  unmanaged: readonly SessionOutcome[],
): ClassDocument {
  const sessions = of.filter((one) => one.class === sessionClass);
  const elapsed = elapsedOf(sessions);
  const ms = sessions.flatMap(({ allocationMs }) => allocationMs);
  const slowdowns = sessions.flatMap(({ elapsedMs, plannedMs }) => (elapsedMs === null ? [] : [elapsedMs / plannedMs]));
  return {
    class: sessionClass,
    survived: survived(sessions),
    fates: Object.fromEntries(
      fates.map((fate) => [fate, sessions.filter((one) => one.fate === fate).length]),
    ) as Record<Fate, number>,
    elapsed_p50_ms: orNull(median(elapsed)),
    slowdown: orNull(median(slowdowns)),
    slowdown_against_none: medianRatio(elapsed, elapsedOf(unmanaged.filter((one) => one.class === sessionClass))),
    allocations: ms.length,
    ...allocations(ms),
  };
}

function addUp(all: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const [action, count] of all.flatMap((one) => Object.entries(one)))
    sums.set(action, (sums.get(action) ?? 0) + count);
  return Object.fromEntries(sums);
}

function policyDocument(policy: ReplayPolicy, outcomes: readonly RunOutcome[]): PolicyDocument {
  const runs = outcomes.filter((one) => one.policy === policy);
  const sessions = runs.flatMap((one) => one.sessions);
  const unmanaged = outcomes.filter((one) => one.policy === "none").flatMap((one) => one.sessions);
  const isWhole = (one: RunOutcome): boolean => one.sessions.every(({ fate }) => fate === "completed");
  return {
    policy,
    runs: runs.length,
    whole_runs: toShare(shareOf(runs.filter(isWhole).length, runs.length)),
    survived: survived(sessions),
    classes: (["high", "low"] as const).map((one) => classDocument(one, sessions, policy === "none" ? [] : unmanaged)),
    oom_kills: runs.reduce((sum, one) => sum + one.oomKills, 0),
    decisions: addUp(runs.map(({ steps }) => countActions(steps))),
  };
}

const groupOf = (path: string): string => path.split("/").slice(-2).join("/");

const stepDocument = ({ atMs, decision }: ToldStep): StepDocument => ({
  at_ms: atMs,
  session: decision.session,
  action: decision.action,
  from: decision.from,
  to: decision.to,
  reason: decision.reason,
  threshold: decision.threshold,
  ...decision.observed,
  bound_by: groupOf(decision.observed.bound_by),
  writes: decision.writes.map(({ path, value }) => `${groupOf(path)} = ${value}`),
  killed: decision.killed === null ? null : groupOf(decision.killed),
  failed: decision.failed,
});

const runDocument = ({ run, policy, oomKills, peakMib, durationMs, steps, sessions }: RunOutcome): RunDocument => ({
  run,
  policy,
  oom_kills: oomKills,
  peak_mib: peakMib,
  duration_ms: Math.round(durationMs),
  decisions: countActions(steps),
  steps: steps.map(stepDocument),
  sessions: sessions.map((one) => ({
    session: one.name,
    class: one.class,
    fate: one.fate,
    planned_ms: one.plannedMs,
    elapsed_ms: one.elapsedMs,
    peak_mib: one.peakMib,
    ...allocations(one.allocationMs),
  })),
});

/** @returns what all runs say, policy by policy */
export function toDocument(options: ReplayOptions, outcomes: readonly RunOutcome[], kernel: string): IsolationDocument {
  const { sessions, speed, seed, runs, policies } = options;
  return {
    schema: "corral.isolation/1",
    scenario: { sessions, limit_bytes: limitOf(options), speed, seed, runs },
    kernel,
    complete: outcomes.length === runs * policies.length,
    policies: policies.map((policy) => policyDocument(policy, outcomes)),
    runs: outcomes.map(runDocument),
  };
}
