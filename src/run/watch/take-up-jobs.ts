import type { ProcessIdentity } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import { takeUpJob } from "../attach/index.ts";
import { collectGarbage } from "../gc.ts";
import { lifeOf } from "../job-life.ts";
import { listStartRecords } from "../records.ts";
import type { RunningJob } from "../running-job.ts";
import type { Care, CareOptions } from "./care.ts";
import { orphanRule } from "./change-rule.ts";
import type { Charge } from "./charge.ts";
import type { WatchConfig } from "./config-types.ts";
import { ruleOfRecord } from "./rule-job.ts";

type MadeBy = NonNullable<ReturnType<typeof ruleOfRecord>>;

/** Puts a job that was taken up under the rule of its name as it is now; without one it is let go. */
async function judgeAnew(care: Care, config: WatchConfig, identity: ProcessIdentity, job: RunningJob, made: MadeBy) {
  const charge: Charge = {
    identity,
    rule: config.rules.find(({ name }) => name === made.rule) ?? orphanRule(made.rule),
    settings: made.settings,
    state: "governed",
    job,
    attempts: 0,
    timer: null,
    execNs: null,
    matchedNs: process.hrtime.bigint(),
  };
  care.govern(charge, job);
  await care.rejudge(care.charges.get(identity) ?? charge);
}

/** Takes up the jobs that an earlier watch made and nobody watches now. */
export async function takeUpEarlierJobs(config: WatchConfig, care: Care, options: CareOptions): Promise<void> {
  const { directories, onEvent } = options;
  collectGarbage(directories);
  for (const { record } of listStartRecords(directories)) {
    const made = ruleOfRecord(record);
    const life = lifeOf(record);
    if (made === null || record.workload === null || (life !== "orphaned" && life !== "detached")) continue;
    try {
      const job = await takeUpJob(record.job_id, { directories });
      onEvent({ event: "taken_up", pid: job.pid, rule: made.rule, job_id: job.jobId });
      await judgeAnew(care, config, record.workload, job, made);
    } catch (thrown) {
      const { code, message } = CorralError.from(thrown);
      if (code === "JOB_ENDED") continue;
      onEvent({
        event: "failed",
        pid: record.workload.pid,
        rule: made.rule,
        code,
        message,
        attempt: 1,
        retry_ms: null,
      });
    }
  }
}
