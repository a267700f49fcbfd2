import type { ConfigPath } from "../../report/config/index.ts";
import type { CheckResult } from "../checks/index.ts";
import { snakePath } from "../file/index.ts";
import type { Checks, MetricCheck, Scenario } from "../model/index.ts";
import type { RunFailure, RunRecord } from "../record/index.ts";

type Path = ConfigPath | null;

/** Limits that `notStuck` brings along. */
const builtInBy: Readonly<Record<string, keyof Checks>> = { max_gap_ms: "notStuck", max_spread_pct: "notStuck" };

/** The layer of checks that has a field, the highest first. */
function checkPath(check: string, scenario: Scenario): Path {
  const layers: readonly (readonly [ConfigPath, Checks | undefined])[] = [
    [["checks"], scenario.checks],
    [["scheduler", "checks"], scenario.scheduler?.checks],
  ];
  for (const [path, checks = {}] of layers) {
    const key = Object.keys(checks).find((name) => snakePath([name])[0] === check);
    if (key !== undefined) return [...path, key];
  }
  const builtIn = builtInBy[check];
  return builtIn === undefined ? null : checkPath(String(snakePath([builtIn])[0]), scenario);
}

const isNamed = (check: MetricCheck, name: string): boolean => snakePath(Object.keys(check))[0] === name;

/** The check of a payload; where it has several of a name, their list. */
function payloadPath({ check, where }: CheckResult, { payloads = [] }: Scenario): Path {
  const at = payloads.findIndex(({ name }) => name === where.payload);
  const checks = payloads[at]?.checks ?? [];
  const places = checks.flatMap((one, index) => (isNamed(one, check) ? [index] : []));
  const path = ["payloads", at, "checks"];
  return places.length === 1 ? [...path, ...places] : path;
}

function failurePath({ stage, step, op }: RunFailure): Path {
  const part = op === null ? ["setup"] : ["ops", op];
  if (stage === "step" && step !== null) return ["steps", step, ...part];
  return stage === "backdrop" ? ["backdrop", ...(op === null ? ["cgroups"] : part)] : null;
}

/** What asks for a result: its place in the scenario; null for what is judged without being asked, and concerns no part of it. */
export function askedAt(result: CheckResult, { scenario, failures }: Pick<RunRecord, "scenario" | "failures">): Path {
  const { check, where, kind } = result;
  const expectation = /^expect\[(\d+)\]$/.exec(check)?.[1];
  if (expectation !== undefined) return ["expect", Number(expectation)];
  if (kind === "payload") return payloadPath(result, scenario);
  if (check === "needs") return ["needs"];
  if (check === "hold_kept" && where.phase !== null && where.phase > 0) return ["steps", where.phase - 1, "hold"];
  const failure = check === "completes" ? failures.find(({ atMs }) => atMs === where.atMs) : undefined;
  return failure === undefined ? checkPath(check, scenario) : failurePath(failure);
}
