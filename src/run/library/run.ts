import { CorralError } from "../../report/index.ts";
import type { StartMoment, StartOptions } from "../attempt.ts";
import type { Settings } from "../settings/index.ts";
import { startRun } from "../start-run.ts";
import { whenAborted } from "./abort.ts";
import { EventFeed } from "./event-feed.ts";
import { GovernedJob } from "./governed-job.ts";
import type { Job } from "./job.ts";
import { nextTurn } from "./next-turn.ts";
import type { RunOptions } from "./options.ts";
import type { RunPlanOfOptions } from "./run-spec.ts";
import { toRunSpec } from "./run-spec.ts";
import { startOptions, withReport } from "./start-options.ts";
import { openStdio } from "./stdio.ts";
import type { DefaultStdio, StdioOption } from "./stdio-options.ts";

/**
 * Starts a program under limits, with the guarantees of `corral run`: limits are written and read back before the
 * workload exists, it is in its group before its first instruction, and it outlives this process unless `lifetime` is
 * `tied`. Resolves when it has executed. A start that fails leaves nothing behind.
 * @param command the program, searched on the PATH of its environment, or the program and its first arguments; not interpreted
 * @param args more arguments; may be left out in favour of the options
 * @throws CorralError USAGE; JOB_EXISTS; with a `report`: COMMAND_NOT_FOUND, COMMAND_NOT_EXECUTABLE, STRICT_REFUSED,
 * CGROUP_PARENT, CGROUP_IO, SYSTEMD, START_FAILED, NATIVE_CALL; ABORTED, with a `report` where the start was under way;
 * NATIVE_MISSING
 */
export function run<const S extends StdioOption = DefaultStdio>(
  command: string | readonly string[],
  args?: readonly string[],
  options?: RunOptions<S>,
): Promise<Job<S>>;
export function run<const S extends StdioOption = DefaultStdio>(
  command: string | readonly string[],
  options?: RunOptions<S>,
): Promise<Job<S>>;
export async function run(
  command: string | readonly string[],
  second: readonly string[] | RunOptions = [],
  third: RunOptions = {},
): Promise<Job> {
  const [args, options] = Array.isArray(second) ? [second, third] : [[], second as RunOptions];
  return startJob(toRunSpec(command, args, options), options);
}

/** What `runAt` takes beside the options of `run`. */
export interface RunAtOptions<S extends StdioOption = StdioOption> extends RunOptions<S> {
  readonly startAt: StartMoment;
  /** Limits and attributes as they were judged elsewhere, instead of `limits` and `preset`. */
  readonly settings: Settings;
}

/**
 * Starts a program at a moment: all that `run` does is done before, and the workload's process sleeps until it is time to
 * execute. Resolves then. An abort ends the wait.
 * @throws CorralError as `run`
 */
export function runAt<const S extends StdioOption = DefaultStdio>(
  command: readonly string[],
  options: RunAtOptions<S>,
): Promise<Job<S>>;
export async function runAt(command: readonly string[], options: RunAtOptions): Promise<Job> {
  const { startAt, settings, ...others } = options;
  const planned = toRunSpec(command, [], others);
  const { workdir, uid, gid, groups } = planned.attributes;
  const attributes = { ...settings.attributes, workdir, uid, gid, groups };
  return startJob({ ...planned, limits: settings.limits, attributes }, others, { startAt });
}

async function startJob(
  planned: RunPlanOfOptions,
  options: RunOptions,
  more: Pick<StartOptions, "startAt"> = {},
): Promise<Job> {
  await nextTurn();
  const events = new EventFeed();
  const start = startOptions(options, events);
  const stdio = openStdio(options.stdio);
  try {
    const spec = { ...planned, stdio: stdio.fds };
    const started = await startRun(spec, { ...start, ...more });
    if (!started.started) throw withReport(started.error, started.report);
    const job = new GovernedJob({
      running: started.job,
      events,
      streams: stdio.started(),
      directories: start.directories,
      cgroupParent: spec.cgroupParent,
      tied: spec.lifetime === "tied",
    });
    whenAborted(options.signal, job.result, () => job.abort());
    return job;
  } catch (thrown) {
    stdio.discard();
    throw CorralError.from(thrown);
  }
}
