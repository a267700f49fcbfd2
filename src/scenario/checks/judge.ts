import type { Checks, Scenario } from "../model/index.ts";
import type { RunRecord } from "../record/index.ts";
import { judgeExpectations } from "./expectations.ts";
import { mergeChecks, noOverrides } from "./merge.ts";
import { judgeMonitor } from "./monitor/judge-monitor.ts";
import { monitorLimits } from "./monitor/limits.ts";
import { figure } from "./numbers.ts";
import { judgePayload, judgePayloadsWithoutRun } from "./payload-checks.ts";
import { completesCheck, judgeProcesses } from "./processes.ts";
import type { CheckResult, Outcome } from "./result.ts";
import { everywhere, foldOutcomes } from "./result.ts";
import { judgeWorks } from "./workers/judge-work.ts";
import { workerLimits } from "./workers/limits.ts";

/** A run with what was found of it. */
export interface Judgement {
  readonly verdict: Outcome;
  /** Layers merged: what was asked for. */
  readonly asked: Checks;
  /** In the order they were judged. */
  readonly results: readonly CheckResult[];
  /** What was done to limits, one line each. */
  readonly notes: readonly string[];
}

export interface JudgeOptions {
  /** What holds for all scenarios, below the scheduler's and the scenario's own. Default: nothing. */
  readonly baseline?: Checks;
  /** Results of checks of one's own (`runUserCheck`). Default none. */
  readonly more?: readonly CheckResult[];
}

/** Layers of checks merged: what holds for all scenarios, the scheduler's, the scenario's own. */
const askedOf = ({ scheduler, checks }: Scenario, baseline: Checks): Checks =>
  mergeChecks(baseline, scheduler?.checks ?? noOverrides, checks ?? noOverrides);

/** Whether something is asked of the host's run queues, so that somebody has to look at them. */
export const asksMonitor = (scenario: Scenario, baseline: Checks = noOverrides): boolean =>
  monitorLimits(askedOf(scenario, baseline)).limits.some(({ decides }) => decides);

/**
 * Judges a run: the layers of checks merged, for every WorkSpec by itself; the monitor; payloads; expectations; and, without
 * being asked, that it came to its end. A run that was skipped is not judged.
 */
export function judgeRun(record: RunRecord, { baseline = noOverrides, more = [] }: JudgeOptions = {}): Judgement {
  const { scenario, host } = record;
  const asked = askedOf(scenario, baseline);
  if (record.skipped !== null) return { verdict: "skip", asked, results: [skipResult(record.skipped)], notes: [] };
  const payloads = new Map((scenario.payloads ?? []).map((payload) => [payload.name, payload]));
  const limits = workerLimits(asked, host.dilation, record.dilation.rateFactor);
  const results = [
    ...judgeWorks(record, asked, limits),
    ...record.payloads.flatMap((run) => {
      const payload = payloads.get(run.payload);
      return payload === undefined ? [] : judgePayload(payload, run, record);
    }),
    ...judgePayloadsWithoutRun(payloads.values(), record.payloads),
    ...judgeExpectations(scenario, record),
    ...more,
    ...judgeMonitor(record.monitor, asked),
    ...judgeProcesses(record),
  ];
  const notes = slownessNotes(record);
  return { verdict: verdictOf(results, asked), asked, results, notes };
}

/** What was done to limits because time is slower. */
function slownessNotes({ host: { dilation }, dilation: { rateFactor } }: RunRecord): readonly string[] {
  if (dilation === 1) return [];
  const rates = rateFactor > dilation ? `rates divided by ${figure(rateFactor)}` : "rates divided";
  return [`time is ${figure(dilation)} times slower here: limits in time were multiplied by that, ${rates}`];
}

const mayBeAllowed = ({ outcome, check }: CheckResult): boolean =>
  outcome === "inconclusive" && check !== completesCheck;

/** Whether a result keeps its run from passing. @param isAllowed what is inconclusive does not, but that the run was ended early */
export const isAgainst = (result: CheckResult, isAllowed: boolean): boolean =>
  !result.advisory &&
  (result.outcome === "fail" || (result.outcome === "inconclusive" && !(isAllowed && mayBeAllowed(result))));

/** The verdict of those that decide. */
function verdictOf(results: readonly CheckResult[], asked: Checks): Outcome {
  const deciding = results.filter(({ advisory }) => !advisory);
  const isAllowed = asked.allowInconclusive === true;
  return foldOutcomes(deciding.map((result) => (isAllowed && mayBeAllowed(result) ? "skip" : result.outcome)));
}

const skipResult = (why: string): CheckResult => ({
  check: "needs",
  advisory: false,
  outcome: "skip",
  kind: "skip",
  message: why,
  found: null,
  limit: null,
  where: everywhere,
});
