import { setImmediate as turn } from "node:timers/promises";
import type { ProcessIdentity } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import { takeUpJob } from "../attach/index.ts";
import { lifeOf } from "../job-life.ts";
import { sweep } from "../jobs/index.ts";
import { listStartRecords } from "../records.ts";
import type { StartRecord } from "../start-record.ts";
import type { Care, CareOptions } from "./care.ts";
import type { WatchConfig } from "./config-types.ts";
import type { MadeBy } from "./rule-job.ts";
import { ruleOfRecord, settingsOf } from "./rule-job.ts";

interface EarlierJob {
  readonly record: StartRecord;
  readonly workload: ProcessIdentity;
  readonly made: MadeBy;
}

/** The jobs that an earlier watch made, that live and that nobody watches. */
function earlierJobs({ directories }: CareOptions): EarlierJob[] {
  return listStartRecords(directories).flatMap(({ record }) => {
    const made = ruleOfRecord(record);
    const { workload } = record;
    if (made === null || workload === null) return [];
    const life = lifeOf(record);
    return life === "orphaned" || life === "detached" ? [{ record, workload, made }] : [];
  });
}

/**
 * Takes one job up and holds it against the rules as they are now. Its own rule is known when the rule of its name still
 * has the settings that were put on record once its limits stood whole; otherwise its limits are undone, and a rule that
 * matches finds the process again.
 */
async function takeUp({ record, workload, made }: EarlierJob, config: WatchConfig, care: Care, options: CareOptions) {
  const job = await takeUpJob(record.job_id, { directories: options.directories });
  options.onEvent({ event: "taken_up", pid: job.pid, rule: made.rule, job_id: job.jobId });
  const named = config.rules.find(({ name }) => name === made.rule);
  const charge = care.govern(
    {
      identity: workload,
      ruleName: made.rule,
      rule: named !== undefined && settingsOf(named) === made.settings ? named : null,
      match: made.match,
      state: "governed",
      job,
      attempts: 0,
      timer: null,
      execNs: null,
      matchedNs: process.hrtime.bigint(),
    },
    job,
  );
  await care.rejudge(charge);
}

/** What killed Corrals left behind; whoever cannot clear it up can govern all the same. */
async function clearUp({ directories, onEvent }: CareOptions): Promise<void> {
  try {
    await sweep(directories, { dryRun: false, resultsOlderThanMs: null, foreign: [] });
  } catch (thrown) {
    onEvent({ event: "warning", message: CorralError.from(thrown).message });
  }
}

/** Takes up the jobs that an earlier watch made and nobody watches now. */
export async function takeUpEarlierJobs(config: WatchConfig, care: Care, options: CareOptions): Promise<void> {
  const { onEvent } = options;
  await clearUp(options);
  for (const earlier of earlierJobs(options)) {
    try {
      await takeUp(earlier, config, care, options);
    } catch (thrown) {
      const { code, message } = CorralError.from(thrown);
      const { workload, made } = earlier;
      if (code !== "JOB_ENDED")
        onEvent({
          event: "failed",
          ...{ pid: workload.pid, rule: made.rule, code, message, attempt: 1, retry_ms: null },
        });
    }
    await turn();
  }
}
