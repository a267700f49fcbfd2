import { quote } from "../../report/index.ts";
import type { MetricCheck, Payload, PayloadMetric, Scenario } from "../model/index.ts";
import { flagProblem } from "../payloads/metrics/index.ts";
import type { Context } from "./context.ts";
import { findPayload } from "./context.ts";
import type { Findings, Place } from "./problems.ts";
import { refuse } from "./refusal.ts";
import type { RunState } from "./rehearsal.ts";
import type { ResolvedMetric, ResolvedPayload, ResolvedPayloadRun } from "./resolved-payload.ts";

/** Whether an expression compiles and has a group, whose text would be the number; null when it does. */
function patternProblem(pattern: string): string | null {
  try {
    // What matches nothing at all tells how many groups there are.
    const groups = (new RegExp(`${pattern}|`).exec("")?.length ?? 1) - 1;
    return groups > 0 ? null : "the expression has no group for the number";
  } catch (thrown) {
    return thrown instanceof Error ? `the expression is wrong: ${thrown.message}` : "the expression is wrong";
  }
}

function judgeMetric({ name, pattern }: PayloadMetric, { output }: Payload, place: Place): void {
  if (output !== "regex") {
    if (pattern !== undefined)
      place
        .at("pattern")
        .refuse(refuse(`metric ${quote(name)} has a pattern, which output regex alone uses`, "set output: regex"));
    return;
  }
  const problem =
    pattern === undefined ? `metric ${quote(name)} has no pattern to find it by` : patternProblem(pattern);
  if (problem !== null) place.refuse(refuse(problem, "give a pattern with one group, such as 'took ([0-9.]+) s'"));
}

/** Name of the metric that a check is about; null: none. */
function metricOf(check: MetricCheck): string | null {
  if ("exitCodeEq" in check) return null;
  if ("exists" in check) return check.exists;
  return ("min" in check ? check.min : "max" in check ? check.max : check.range).metric;
}

function judgeCheck(check: MetricCheck, { output = "exit_code", metrics = [] }: Payload, place: Place): void {
  const metric = metricOf(check);
  if (metric !== null && output === "exit_code")
    place.refuse(
      refuse(
        `metric ${quote(metric)} is never there: of output exit_code nothing is read`,
        "set output: json or regex",
      ),
    );
  if (metric !== null && output === "regex" && !metrics.some(({ name }) => name === metric))
    place.refuse(
      refuse(`metric ${quote(metric)} is none of the payload's metrics`, "add it to metrics, with a pattern"),
    );
  if ("range" in check && check.range.low > check.range.high)
    place.refuse(refuse(`a range needs low <= high, not ${check.range.low} and ${check.range.high}`, "swap them"));
}

const toMetric = ({ name, polarity, unit, pattern }: PayloadMetric): ResolvedMetric => ({
  name,
  polarity: polarity ?? "unknown",
  unit: unit ?? null,
  pattern: pattern ?? null,
});

function resolvePayload(payload: Payload, place: Place): ResolvedPayload {
  const { metrics = [], checks = [] } = payload;
  const names = metrics.map(({ name }) => name);
  for (const [at, metric] of metrics.entries()) {
    judgeMetric(metric, payload, place.at("metrics", at));
    if (names.indexOf(metric.name) < at)
      place.at("metrics", at, "name").refuse(refuse(`metric ${quote(metric.name)} is there twice`, "leave one out"));
  }
  for (const [at, check] of checks.entries()) judgeCheck(check, payload, place.at("checks", at));
  const wrongFlag = flagProblem(payload, payload.command.slice(1));
  if (wrongFlag !== null) place.at("command").refuse(refuse(wrongFlag, "add it to known_flags, or leave it out"));
  return {
    name: payload.name,
    command: payload.command,
    output: payload.output ?? "exit_code",
    metrics: metrics.map(toMetric),
    checks,
    knownFlags: payload.knownFlags ?? null,
    includeFiles: payload.includeFiles ?? [],
    env: payload.env ?? {},
    usesParentPgrp: payload.usesParentPgrp ?? false,
  };
}

/** The payloads of a scenario, judged. */
export function resolvePayloads({ payloads = [] }: Scenario, findings: Findings): readonly ResolvedPayload[] {
  const names = payloads.map(({ name }) => name);
  return payloads.map((payload, at) => {
    const place = findings.at("payloads", at);
    if (names.indexOf(payload.name) < at)
      place.at("name").refuse(refuse(`payload ${quote(payload.name)} is there twice`, "give it another name"));
    return resolvePayload(payload, place);
  });
}

const sources: Readonly<Record<ResolvedPayloadRun["source"], string>> = {
  backdrop: "the backdrop's payloads",
  group: "the group's payload",
  run_payload: "a run_payload",
};

/** One more start of a payload: it is there from now on. Null when it cannot be, which is told at the place. */
export function startPayload(
  {
    name,
    args,
    cgroup,
    source,
  }: { name: string; args: readonly string[]; cgroup: string } & Pick<ResolvedPayloadRun, "source">,
  place: Place,
  context: Context,
): ResolvedPayloadRun | null {
  const payload = findPayload(name, place, context);
  if (payload === null) return null;
  const wrongFlag = flagProblem(payload, args);
  if (wrongFlag !== null) place.refuse(refuse(wrongFlag, "add it to known_flags, or leave it out"));
  const { rehearsal } = context;
  const frozen = rehearsal.frozenAt(cgroup);
  if (frozen !== null)
    return place.refuse(
      refuse(
        `payload ${quote(name)} cannot begin in group ${quote(cgroup)}: ${frozen === cgroup ? "it" : quote(frozen)} is frozen at this point`,
        "unfreeze it before",
      ),
    );
  const running = rehearsal.runs.find((run) => run.payload === name && run.cgroup === cgroup);
  if (running !== undefined) {
    const where = cgroup === "" ? "without a group" : `in group ${quote(cgroup)}`;
    return place.refuse(
      refuse(
        `payload ${quote(name)} runs ${where} already: ${sources[running.source]} started it`,
        "wait for it or kill it before, or use another group",
      ),
    );
  }
  const run = { payload: name, argv: [...payload.command, ...args], cgroup, source };
  rehearsal.runs.push({ ...run, slot: rehearsal.slot, isKilled: false });
  return run;
}

/** A payload that runs, by its name and perhaps its group. Null when it is none or not one, which is told at the place. */
export function findRun(
  { payload, cgroup }: { readonly payload: string; readonly cgroup?: string },
  place: Place,
  context: Context,
): RunState | null {
  if (findPayload(payload, place.at("payload"), context) === null) return null;
  const running = context.rehearsal.runs.filter((run) => run.payload === payload);
  const found = cgroup === undefined ? running : running.filter((run) => run.cgroup === cgroup);
  const [run, ...more] = found;
  if (run === undefined) {
    const where = running.map((one) => (one.cgroup === "" ? "without a group" : `in ${quote(one.cgroup)}`));
    const known = where.length === 0 ? "it was not started, or was waited for already" : `it runs ${where.join(", ")}`;
    return place.refuse(
      refuse(
        `payload ${quote(payload)} does not run there at this point: ${known}`,
        "start it before, or correct cgroup",
      ),
    );
  }
  if (more.length > 0) {
    const groups = found.map((one) => quote(one.cgroup)).join(", ");
    return place.refuse(refuse(`payload ${quote(payload)} runs in several groups: ${groups}`, "say which with cgroup"));
  }
  return run;
}
