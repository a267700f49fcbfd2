import { existsSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { resultPath } from "../records.ts";
import type { StateDirectories } from "../state-dir.ts";
import { namesIn } from "./find-job.ts";
import { listRecords } from "./job-list.ts";
import { logsDirectory } from "./logs.ts";
import { readResult } from "./result-file.ts";

/** One result that is older than was asked for, and the output that was captured for it. */
export interface OldResult {
  readonly result: string;
  readonly logs: readonly string[];
}

/**
 * Results that were written longer ago than `ageMs`. That of a job which still has its record stays, as does a file among
 * the results that is none.
 * @throws CorralError STATE_UNREADABLE
 */
export function oldResults(directories: StateDirectories, ageMs: number): readonly OldResult[] {
  const { records } = listRecords(directories);
  const living = new Set(
    records.map(({ job_id, start_time }) => basename(resultPath(directories, job_id, start_time))),
  );
  const before = Date.now() - ageMs;
  return namesIn(directories.results).flatMap((name): OldResult[] => {
    if (!/^[^~]+~.+\.json$/.test(name) || living.has(name)) return [];
    const result = join(directories.results, name);
    const stat = statSync(result, { throwIfNoEntry: false });
    if (stat === undefined || stat.mtimeMs >= before) return [];
    const found = readResult(result);
    if (found === null || "reason" in found) return [];
    const stem = join(logsDirectory(directories), basename(name, ".json"));
    return [{ result, logs: [`${stem}.out`, `${stem}.err`].filter((path) => existsSync(path)) }];
  });
}
