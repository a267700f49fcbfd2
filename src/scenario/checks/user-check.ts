import { quote } from "../../report/index.ts";
import type { PhaseMetric, SeriesMetric } from "../model/index.ts";
import type { RunRecord } from "../record/index.ts";
import type { BetterClaim, Claim } from "./claims.ts";
import { claim, claimBetter } from "./claims.ts";
import { excuseOwn } from "./ended-early.ts";
import { inconclusive } from "./finding.ts";
import type { CheckResult, Finding, Outcome, Where } from "./result.ts";
import { everywhere } from "./result.ts";
import type { FigureOptions, PhaseRatio, Series, Stretch } from "./series/index.ts";
import { figureOf, groupSeries, levelSeries, ratioAcrossPhases, valueAtPhase } from "./series/index.ts";

/** What a check of one's own gets. Everything it claims becomes a result; what it reads is never changed. */
export interface CheckRun {
  readonly record: RunRecord;
  /** Claims something of a value: `run.claim("oom kills", 1).atMost(0)`. Null: it was not measured. */
  claim(label: string, value: number | null, where?: Partial<Where>): Claim;
  /** Claims that a value of a known metric (`worst_gap_ms`) is better than another. */
  claimBetter(metric: string, candidate: number | null): BetterClaim;
  /** What was sampled of a group. */
  series(cgroup: string, metric: SeriesMetric, stretch?: Stretch): Series;
  /** As series; of a counter its growth per second. */
  level(cgroup: string, metric: SeriesMetric, stretch?: Stretch): Series;
  /** A figure of a group in a phase or the whole run, as `figure` of a scenario's `expect`. Null: it was not measured. */
  figure(cgroup: string, metric: PhaseMetric, options?: FigureOptions): number | null;
  /** A figure of a group in a phase; step k is phase k + 1. Null: it was not measured. */
  valueAtPhase(cgroup: string, metric: PhaseMetric, phase: number): number | null;
  ratioAcrossPhases(ratio: PhaseRatio): Finding;
  /** Tells the finding of a pattern or a comparison: `run.tell(nondecreasing(run.series("web", "oom_kills")))`. */
  tell(finding: Finding): void;
  fail(message: string): void;
  inconclusive(message: string): void;
  skip(message: string): void;
}

/** A check of one's own: claims what it wants, or throws, which fails it. */
export type UserCheck = (run: CheckRun) => void | Promise<void>;

/** Runs a check of one's own. One that claims nothing is inconclusive: it has looked at nothing. */
export async function runUserCheck(name: string, check: UserCheck, record: RunRecord): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  const tell = (finding: Finding): void =>
    void results.push(excuseOwn({ check: name, advisory: false, ...finding }, record));
  const say = (outcome: Outcome, message: string): void =>
    tell({ outcome, kind: "claim", message, found: null, limit: null, where: everywhere });
  try {
    await check({
      record,
      claim: (label, value, where) => claim(tell, label, value, where),
      claimBetter: (metric, candidate) => claimBetter(tell, metric, candidate),
      series: (cgroup, metric, stretch) => groupSeries(record, cgroup, metric, stretch),
      level: (cgroup, metric, stretch) => levelSeries(record, cgroup, metric, stretch),
      figure: (cgroup, metric, options) => figureOf(record, cgroup, metric, options),
      valueAtPhase: (cgroup, metric, phase) => valueAtPhase(record, cgroup, metric, phase),
      ratioAcrossPhases: (ratio) => ratioAcrossPhases(record, ratio),
      tell,
      fail: (message) => say("fail", message),
      inconclusive: (message) => say("inconclusive", message),
      skip: (message) => say("skip", message),
    });
  } catch (thrown) {
    say("fail", `the check threw ${quote(thrown instanceof Error ? thrown.message : String(thrown), 200)}`);
  }
  if (results.length === 0) say("inconclusive", "the check claimed nothing");
  return results;
}

/** All of them: the verdict of several findings as one, with the message of the first that decides it; of none, inconclusive. */
export const allOf = (findings: readonly Finding[]): Finding =>
  choose(findings, ["fail", "inconclusive", "pass", "skip"]);

/** Any of them: one that passes is enough; of none, inconclusive. */
export const anyOf = (findings: readonly Finding[]): Finding =>
  choose(findings, ["pass", "inconclusive", "fail", "skip"]);

function choose(findings: readonly Finding[], order: readonly Outcome[]): Finding {
  const found = order.flatMap((outcome) => findings.find((one) => one.outcome === outcome) ?? [])[0];
  return found ?? inconclusive("claim", everywhere, "nothing was claimed");
}
