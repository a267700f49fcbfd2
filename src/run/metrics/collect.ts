import type { StateDirectories } from "../state-dir.ts";
import type { JobMetrics } from "./families.ts";
import { countLiveJobs } from "./live-jobs.ts";
import { defaultLastViolations, ResultFold } from "./result-fold.ts";

/** Tells the metrics of one state directory again and again; only the first time reads every result. */
export interface MetricsSource {
  /** @throws CorralError STATE_UNREADABLE */
  readonly collect: () => Promise<JobMetrics>;
}

/** @param version of this Corral */
export function openMetrics(
  directories: StateDirectories,
  version: string,
  lastViolations: number = defaultLastViolations,
): MetricsSource {
  const results = new ResultFold(directories.results, lastViolations);
  return {
    collect: async () => {
      const live = countLiveJobs(directories);
      return { version, fold: await results.update(), live };
    },
  };
}
