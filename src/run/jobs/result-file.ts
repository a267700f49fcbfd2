import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RunReport } from "../../report/index.ts";
import { CorralError, errnoOf } from "../../report/index.ts";
import { resultPath } from "../records.ts";
import type { StateDirectories } from "../state-dir.ts";
import { namesIn } from "./find-job.ts";
import type { Unreadable } from "./job-list.ts";

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isTextOrNull = (value: unknown): boolean => value === null || typeof value === "string";
const isNumberOrNull = (value: unknown): boolean => value === null || typeof value === "number";
const isObjects = (value: unknown): boolean => Array.isArray(value) && value.every(isObject);

/** What must hold of each field that is looked into here or in a summary. */
const fields: Readonly<Record<string, (value: unknown) => boolean>> = {
  job_id: (value) => typeof value === "string",
  mode: (value) => value === "run" || value === "attach",
  argv: (value) => Array.isArray(value) && value.every((word) => typeof word === "string"),
  start_time: (value) => typeof value === "string" && Number.isFinite(Date.parse(value)),
  end_time: isTextOrNull,
  duration_sec: isNumberOrNull,
  pid: isNumberOrNull,
  exit_code: isNumberOrNull,
  exit_signal: isTextOrNull,
  exit_reason: (value) => typeof value === "string",
  platform_sla_reason: (value) => typeof value === "string",
  intent: isTextOrNull,
  start_error: (value) => value === null || isObject(value),
  constraints: isObjects,
  usage: isObject,
  events: isObjects,
  survivors: (value) => value === null || Array.isArray(value),
  warnings: (value) => Array.isArray(value),
};

/** What is wrong with a parsed result, in a few words; null when it can be used. */
function faultOfResult(value: unknown): string | null {
  if (!isObject(value) || value["schema"] !== "corral.report/1") return "it is not a corral.report/1";
  const bad = Object.entries(fields).find(([name, is]) => !is(value[name]));
  return bad === undefined ? null : `its field ${bad[0]} is not what a report has there`;
}

/** One result, what is wrong with its file, or null when there is none. */
export function readResult(path: string): RunReport | Unreadable | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    const fault = faultOfResult(value);
    return fault === null ? (value as RunReport) : { path, reason: fault };
  } catch (thrown) {
    const errno = errnoOf(thrown);
    if (errno === "ENOENT") return null;
    return { path, reason: errno === null ? "it is cut short, or not JSON" : `it cannot be read (${errno})` };
  }
}

/**
 * The result of one use of a job id; null when there is none.
 * @throws CorralError STATE_UNREADABLE when there is one that cannot be used
 */
export function resultOf(directories: StateDirectories, jobId: string, startTime: string): RunReport | null {
  const found = readResult(resultPath(directories, jobId, startTime));
  if (found === null || !("reason" in found)) return found;
  throw new CorralError("STATE_UNREADABLE", `cannot use the result ${found.path}: ${found.reason}`, {
    object: found.path,
    found: found.reason,
  });
}

/** The results of a job id, which may have been used several times. */
export interface JobResults {
  readonly newest: RunReport | null;
  /** How many files there are, those that cannot be used included. */
  readonly count: number;
  readonly unreadable: readonly Unreadable[];
}

/** @throws CorralError STATE_UNREADABLE when the directory cannot be read */
export function resultsOf(directories: StateDirectories, jobId: string): JobResults {
  const names = namesIn(directories.results).filter((name) => name.startsWith(`${jobId}~`) && name.endsWith(".json"));
  const unreadable: Unreadable[] = [];
  for (const name of names.toSorted().toReversed()) {
    const found = readResult(join(directories.results, name));
    if (found !== null && !("reason" in found)) return { newest: found, count: names.length, unreadable };
    if (found !== null) unreadable.push(found);
  }
  return { newest: null, count: names.length, unreadable };
}
