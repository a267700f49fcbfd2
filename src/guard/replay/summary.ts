import type { SessionClass } from "../model/index.ts";
import type {
  ClassDocument,
  PolicyDocument,
  RunDocument,
  RunSessionDocument,
  ShareDocument,
} from "./document-schema.ts";
import type { Fate } from "./outcome.ts";
import { fates } from "./outcome.ts";
import type { ReplayPolicy } from "./scenario.ts";
import type { Share } from "./statistics.ts";
import { median, medianRatio, percentile, shareOf } from "./statistics.ts";

const toShare = (share: Share | null): ShareDocument => {
  if (share === null) return null;
  const { atLeast, ...rest } = share;
  return { ...rest, at_least: atLeast };
};

const hasSurvived = ({ fate }: RunSessionDocument): boolean => fate === "completed";

const survived = (sessions: readonly RunSessionDocument[]): ShareDocument =>
  toShare(shareOf(sessions.filter(hasSurvived).length, sessions.length));

const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

const elapsedOf = (sessions: readonly RunSessionDocument[]): readonly number[] =>
  sessions.filter(hasSurvived).flatMap(({ elapsed_ms }) => (elapsed_ms === null ? [] : [elapsed_ms]));

/** Agents of one class under one policy. */
const agentsOf = (runs: readonly RunDocument[], policy: ReplayPolicy, sessionClass: SessionClass) =>
  runs
    .filter((one) => one.policy === policy)
    .flatMap(({ sessions }) => sessions.filter((one) => one.class === sessionClass));

/** A policy is not compared with itself. */
const against = (runs: readonly RunDocument[], base: ReplayPolicy, policy: ReplayPolicy, sessionClass: SessionClass) =>
  base === policy
    ? null
    : medianRatio(elapsedOf(agentsOf(runs, policy, sessionClass)), elapsedOf(agentsOf(runs, base, sessionClass)));

function classDocument(runs: readonly RunDocument[], policy: ReplayPolicy, sessionClass: SessionClass): ClassDocument {
  const sessions = agentsOf(runs, policy, sessionClass);
  const ms = sessions.flatMap(({ allocations_ms }) => allocations_ms);
  const slowdowns = sessions.flatMap(({ elapsed_ms, planned_ms }) =>
    elapsed_ms === null ? [] : elapsed_ms / planned_ms,
  );
  return {
    class: sessionClass,
    survived: survived(sessions),
    fates: Object.fromEntries(
      fates.map((fate) => [fate, sessions.filter((one) => one.fate === fate).length]),
    ) as Record<Fate, number>,
    elapsed_p50_ms: orNull(median(elapsedOf(sessions))),
    slowdown: orNull(median(slowdowns)),
    slowdown_against_alone: against(runs, "alone", policy, sessionClass),
    slowdown_against_none: against(runs, "none", policy, sessionClass),
    allocations: ms.length,
    allocation_p50_ms: orNull(percentile(ms, 0.5)),
    allocation_p95_ms: orNull(percentile(ms, 0.95)),
    allocation_p99_ms: orNull(percentile(ms, 0.99)),
  };
}

function addUp(all: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const [action, count] of all.flatMap((one) => Object.entries(one)))
    sums.set(action, (sums.get(action) ?? 0) + count);
  return Object.fromEntries(sums);
}

/** @returns what all runs of a policy say, beside those of the policies it is compared with */
export function summarise(policy: ReplayPolicy, all: readonly RunDocument[]): PolicyDocument {
  const runs = all.filter((one) => one.policy === policy);
  const isWhole = ({ sessions }: RunDocument): boolean => sessions.every(hasSurvived);
  const classes = policy === "alone" ? (["high"] as const) : (["high", "low"] as const);
  return {
    policy,
    runs: runs.length,
    whole_runs: toShare(shareOf(runs.filter(isWhole).length, runs.length)),
    survived: survived(runs.flatMap(({ sessions }) => sessions)),
    classes: classes.map((one) => classDocument(all, policy, one)),
    oom_kills: runs.reduce((sum, { oom_kills }) => sum + oom_kills, 0),
    decisions: addUp(runs.map(({ decisions }) => decisions)),
  };
}
