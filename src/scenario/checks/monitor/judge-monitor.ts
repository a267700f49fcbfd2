import type { Checks } from "../../model/index.ts";
import type { MonitorSample } from "../../record/index.ts";
import { figure } from "../numbers.ts";
import type { CheckResult, Outcome } from "../result.ts";
import { everywhere } from "../result.ts";
import type { MonitorCheck, MonitorLimit } from "./limits.ts";
import { monitorLimits } from "./limits.ts";
import type { Reading } from "./signals.ts";
import { signals } from "./signals.ts";

const words: Readonly<Record<MonitorCheck, { readonly name: string; readonly what: string; readonly unit: string }>> = {
  maxImbalanceRatio: { name: "max_imbalance_ratio", what: "longest run queue over the shortest", unit: "" },
  maxLocalDsqDepth: { name: "max_local_dsq_depth", what: "tasks in a local dispatch queue", unit: "" },
  failOnRqClockStuck: { name: "fail_on_rq_clock_stuck", what: "clock of a run queue with runnable tasks", unit: "" },
  maxFallbackRate: { name: "max_fallback_rate", what: "fallbacks of select_cpu", unit: " per second" },
  maxKeepLastRate: { name: "max_keep_last_rate", what: "dispatches that kept the last task", unit: " per second" },
};

/**
 * What the monitor saw: a limit is broken by so many samples in a row, of one CPU where it is about one. Nothing when there
 * is no monitor and nothing is asked of it.
 */
export function judgeMonitor(samples: readonly MonitorSample[], checks: Checks): CheckResult[] {
  const { sustained, limits } = monitorLimits(checks);
  return limits
    .filter(({ decides }) => decides || samples.length > 0)
    .map((limit) => judgeSignal(limit, signals[limit.check](samples), sustained));
}

function judgeSignal(limit: MonitorLimit, readings: readonly Reading[], sustained: number): CheckResult {
  const { name, what, unit } = words[limit.check];
  const result = (outcome: Outcome, message: string, worst: Reading | null): CheckResult => ({
    check: name,
    advisory: !limit.decides,
    outcome,
    kind: "monitor",
    message: `${what}: ${message}`,
    found: worst?.found ?? null,
    limit: limit.limit,
    where: { ...everywhere, cpu: worst?.cpu ?? null, atMs: worst?.atMs ?? null },
  });
  const known = readings.filter(({ found }) => found !== null);
  if (known.length === 0) return result(limit.decides ? "inconclusive" : "skip", "this host does not tell", null);
  const longest = longestRun(known, limit.limit);
  if (longest.length < sustained) {
    if (known.length < sustained)
      return result("inconclusive", `${known.length} samples are fewer than ${sustained}`, null);
    const worst = known.reduce((a, b) => (Number(b.found) > Number(a.found) ? b : a));
    return result("pass", `at most ${longest.length} samples in a row beyond ${figure(limit.limit)}`, worst);
  }
  const worst = longest.reduce((a, b) => (Number(b.found) > Number(a.found) ? b : a));
  const where = worst.cpu === null ? "" : ` on CPU ${worst.cpu}`;
  const found = limit.check === "failOnRqClockStuck" ? "stood" : `${figure(Number(worst.found))}${unit}`;
  const beyond = limit.check === "failOnRqClockStuck" ? "" : `, at most ${figure(limit.limit)} is allowed`;
  return result("fail", `${found}${where} in ${longest.length} samples in a row${beyond}`, worst);
}

/** The longest run of readings beyond a limit, of one CPU. */
function longestRun(readings: readonly Reading[], limit: number): readonly Reading[] {
  const current = new Map<number | null, Reading[]>();
  let longest: readonly Reading[] = [];
  for (const reading of readings) {
    const run = Number(reading.found) > limit ? [...(current.get(reading.cpu) ?? []), reading] : [];
    current.set(reading.cpu, run);
    if (run.length > longest.length) longest = run;
  }
  return longest;
}
