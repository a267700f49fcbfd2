import { quote } from "../../report/index.ts";
import type { MetricCheck, Payload } from "../model/index.ts";
import type { PayloadEnd, PayloadRecord } from "../record/index.ts";
import type { EarlyEnd } from "./ended-early.ts";
import { earlyEnd, excuse } from "./ended-early.ts";
import { inconclusive } from "./finding.ts";
import { figure } from "./numbers.ts";
import type { CheckResult, Outcome } from "./result.ts";
import { everywhere } from "./result.ts";

/** Checks of a payload on one of its runs: of the exit status first, then of metrics; a metric that is absent fails. */
export function judgePayload(payload: Payload, run: PayloadRecord, all: EarlyEnd): CheckResult[] {
  const checks = payload.checks ?? [];
  const isExit = (check: MetricCheck): boolean => "exitCodeEq" in check;
  const why = killedWith(run, all);
  return [...checks.filter(isExit), ...checks.filter((check) => !isExit(check))].map((check) =>
    excuse(judge(check, run), why),
  );
}

/** Why a payload had no time to end as it was to: it was killed because the caller ended the run. Null: it ended otherwise. */
function killedWith({ end, endedMs }: PayloadRecord, all: EarlyEnd): string | null {
  const isLast = endedMs >= (all.phases.at(-1)?.endMs ?? 0);
  return end.kind === "killed" && isLast ? earlyEnd(all, null) : null;
}

/** Checks of payloads that were never started: nothing is known of them. */
export function judgePayloadsWithoutRun(payloads: Iterable<Payload>, runs: readonly PayloadRecord[]): CheckResult[] {
  const ran = new Set(runs.map(({ payload }) => payload));
  return [...payloads]
    .filter(({ name }) => !ran.has(name))
    .flatMap(({ name, checks = [] }) =>
      checks.map((check) => ({
        check: nameOf(check),
        advisory: false,
        ...inconclusive("payload", { ...everywhere, payload: name }, `payload ${name}: it never ran`),
      })),
    );
}

const nameOf = (check: MetricCheck): string => ("exitCodeEq" in check ? "exit_code_eq" : (Object.keys(check)[0] ?? ""));

interface Judged {
  readonly name: string;
  readonly outcome: Outcome;
  readonly message: string;
  readonly found: number | string | null;
  readonly limit: number | string | null;
}

function judge(check: MetricCheck, run: PayloadRecord): CheckResult {
  const { name, outcome, message, found, limit } = judgeOne(check, run);
  const where = run.cgroup === "" ? "" : ` in ${run.cgroup}`;
  return {
    check: name,
    advisory: false,
    outcome,
    kind: "payload",
    message: `payload ${run.payload}${where}: ${message}`,
    found,
    limit,
    where: { ...everywhere, cgroup: run.cgroup, payload: run.payload, pid: run.pid },
  };
}

function judgeOne(check: MetricCheck, run: PayloadRecord): Judged {
  if ("exitCodeEq" in check) return judgeExit(check.exitCodeEq, run);
  if ("exists" in check)
    return judgeRange("exists", check.exists, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, run);
  if ("min" in check) return judgeRange("min", check.min.metric, check.min.value, Number.POSITIVE_INFINITY, run);
  if ("max" in check) return judgeRange("max", check.max.metric, Number.NEGATIVE_INFINITY, check.max.value, run);
  return judgeRange("range", check.range.metric, check.range.low, check.range.high, run);
}

function judgeExit(wanted: number, { end, stderrTail }: PayloadRecord): Judged {
  const found = end.kind === "exited" ? end.code : null;
  const holds = found === wanted;
  const words = stderrTail.trim().slice(-200);
  const said = holds || words === "" ? "" : `; it said ${quote(words, 200)}`;
  return {
    name: "exit_code_eq",
    outcome: holds ? "pass" : "fail",
    message: `${endWords(end)}, exit status ${wanted} is asked for${said}`,
    found: found ?? end.kind,
    limit: wanted,
  };
}

const endWords = (end: PayloadEnd): string => {
  switch (end.kind) {
    case "exited":
      return `exit status ${end.code}`;
    case "signaled":
      return `ended by signal ${end.signal}`;
    case "killed":
      return "killed by the scenario";
    case "timed-out":
      return "killed after the time to wait for it was over";
    case "lost":
      return "its end is unknown";
  }
};

function judgeRange(name: string, metric: string, low: number, high: number, run: PayloadRecord): Judged {
  const value = run.metrics.find((one) => one.name === metric);
  const limit = limitText(low, high);
  if (value === undefined) {
    const [problem] = run.problems;
    const why = problem === undefined ? "" : `: ${problem}`;
    return { name, outcome: "fail", message: `metric ${quote(metric)} is missing${why}`, found: null, limit };
  }
  const unit = value.unit === "" ? "" : ` ${value.unit}`;
  const asked = limit === null ? "" : `, ${limit} is asked for`;
  return {
    name,
    outcome: value.value >= low && value.value <= high ? "pass" : "fail",
    message: `${metric} ${figure(value.value)}${unit}${asked}`,
    found: value.value,
    limit,
  };
}

function limitText(low: number, high: number): string | null {
  if (low === Number.NEGATIVE_INFINITY) return high === Number.POSITIVE_INFINITY ? null : `at most ${figure(high)}`;
  return high === Number.POSITIVE_INFINITY ? `at least ${figure(low)}` : `${figure(low)} to ${figure(high)}`;
}
