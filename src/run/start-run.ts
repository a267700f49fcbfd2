import type { LaunchResult } from "../kernel/index.ts";
import type { RunReport } from "../report/index.ts";
import { CorralError } from "../report/index.ts";
import type { Attempt, StartOptions } from "./attempt.ts";
import { abandon, beginAttempt } from "./attempt.ts";
import { buildReport, collectUsage } from "./job-report.ts";
import { launchWorkload } from "./launch-workload.ts";
import { RunningJob, removeGroup } from "./running-job.ts";
import type { RunSpec } from "./spec.ts";
import { startErrorOf } from "./start-error.ts";

/** A run that started, or the report of one whose command could not be executed. */
export type StartResult =
  | { readonly started: true; readonly job: RunningJob }
  | { readonly started: false; readonly error: CorralError; readonly report: RunReport };

/**
 * Starts a workload under limits: plan, group, limits written and read back, start record, launch, exec.
 * Nothing of the workload runs before its limits stand.
 * @throws CorralError JOB_EXISTS, CGROUP_PARENT, STRICT_REFUSED, SYSTEMD, NATIVE_MISSING, NATIVE_CALL; nothing is left behind then
 */
export async function startRun(spec: RunSpec, options: StartOptions = {}): Promise<StartResult> {
  const attempt = beginAttempt(spec, options);
  try {
    return await start(attempt);
  } catch (thrown) {
    await abandon(attempt);
    throw thrown;
  }
}

async function start(attempt: Attempt): Promise<StartResult> {
  attempt.log.add("starting", "preparing the group and its limits");
  const launched = await launchWorkload(attempt);
  if (launched.fail !== null || !launched.ready) return neverStarted(attempt, launched);
  attempt.log.add("running", `process ${launched.child.pid} started`);
  const job = new RunningJob({
    context: attempt.context,
    state: { ...attempt.state, events: attempt.log.events },
    child: launched.child,
    records: attempt.records,
    log: attempt.log,
    tethers: attempt.tethers,
    wallClock: attempt.clock.wall,
  });
  return { started: true, job };
}

/** The command could not be executed: the group goes, and a report says why. */
async function neverStarted(attempt: Attempt, launched: LaunchResult): Promise<StartResult> {
  const { context, clock, log, records } = attempt;
  const { spec } = context;
  await launched.child.exit;
  const error =
    launched.fail === null
      ? new CorralError("START_FAILED", "the workload's process was killed before it could start")
      : startErrorOf(launched.fail, spec.command[0] ?? "", spec.attributes);
  const usage = collectUsage(attempt.state.group, null);
  log.add("failed", error.message);
  const left = attempt.state.group === null ? [] : await removeGroup(attempt.state.group);
  for (const tether of attempt.tethers) tether.goodbye();
  const report = buildReport(
    context,
    { ...attempt.state, workload: null, events: log.events },
    {
      exit: null,
      usage,
      endTime: clock.wall(),
      durationSec: 0,
      endedByCorral: null,
      startError: { code: error.code, message: error.message },
      survivors: [],
      cleanupFailed: left.length > 0,
      detached: false,
    },
  );
  records.finish(report);
  records.forget();
  return { started: false, error, report };
}
