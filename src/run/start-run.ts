import type { LaunchResult } from "../kernel/index.ts";
import type { RunReport } from "../report/index.ts";
import { CorralError } from "../report/index.ts";
import type { Attempt, StartOptions } from "./attempt.ts";
import { beginAttempt } from "./attempt.ts";
import { removeGroup } from "./disband.ts";
import { buildReport, collectUsage, openEnd } from "./job-report.ts";
import { launchWorkload } from "./launch-workload.ts";
import { RunningJob } from "./running-job.ts";
import type { RunSpec } from "./spec.ts";
import { startErrorOf } from "./start-error.ts";

/** A run that started, or the report of one that never did: refused, or its command could not be executed. */
export type StartResult =
  | { readonly started: true; readonly job: RunningJob }
  | { readonly started: false; readonly error: CorralError; readonly report: RunReport };

/**
 * Starts a workload under limits: plan, group, limits written and read back, start record, launch, exec.
 * Nothing of the workload runs before its limits stand. A start that fails leaves nothing behind but its report.
 * @throws CorralError JOB_EXISTS, STATE_UNWRITABLE, ABORTED, while there is no job yet
 */
export async function startRun(spec: RunSpec, options: StartOptions = {}): Promise<StartResult> {
  const attempt = beginAttempt(spec, options);
  try {
    return await start(attempt);
  } catch (thrown) {
    return neverStarted(attempt, CorralError.from(thrown));
  }
}

async function start(attempt: Attempt): Promise<StartResult> {
  attempt.log.add("starting", "preparing the group and its limits");
  const launched = await launchWorkload(attempt);
  if (launched.fail !== null || !launched.ready) {
    await launched.child.exit;
    throw failureOf(launched, attempt);
  }
  if (launched.beganNs !== null) attempt.startAt?.onBegan(launched.beganNs);
  attempt.log.add("running", `process ${launched.child.pid} started`);
  const job = new RunningJob({
    context: attempt.context,
    state: { ...attempt.state, events: attempt.log.events },
    child: launched.child,
    records: attempt.records,
    log: attempt.log,
    tethers: attempt.tethers,
    wallClock: attempt.clock.wall,
    warn: attempt.warn,
    adoption: null,
    exitSource: attempt.parent.exitSource,
  });
  return { started: true, job };
}

const failureOf = ({ fail }: LaunchResult, { context: { spec }, parent }: Attempt): CorralError =>
  fail === null
    ? new CorralError("START_FAILED", "the workload's process was killed before it could start")
    : startErrorOf(fail, spec.command[0] ?? "", spec.attributes, parent.cwd);

/** The group goes, the job's id is free again, and a report says why nothing ran. */
async function neverStarted(attempt: Attempt, error: CorralError): Promise<StartResult> {
  const { context, clock, log, records, state } = attempt;
  const usage = collectUsage(state.group, null);
  log.add("failed", error.message);
  const left = state.group === null ? [] : await removeGroup(state.group);
  for (const tether of attempt.tethers) tether.goodbye();
  const report = buildReport(
    context,
    { ...state, workload: null, events: log.events },
    {
      ...openEnd,
      usage,
      endTime: clock.wall(),
      durationSec: 0,
      startError: { code: error.code, message: error.message },
      survivors: [],
      cleanupFailed: left.length > 0,
    },
  );
  records.finish(report);
  records.forget();
  return { started: false, error, report };
}
