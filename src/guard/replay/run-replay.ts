import { discoverHostCgroups } from "../../cgroup/index.ts";
import type { OwnProgram } from "./guard-child.ts";
import type { RunOutcome } from "./outcome.ts";
import { runOnce } from "./run-once.ts";
import type { ReplayOptions } from "./scenario.ts";
import { planRuns } from "./scenario.ts";

/** What a comparison needs besides its options. */
export interface ReplayTools {
  readonly own: OwnProgram;
  /** Ends it after what has been run so far. */
  readonly signal: AbortSignal;
  readonly onRun: (outcome: RunOutcome, done: number, of: number) => void;
}

/**
 * Runs every policy as often as it is to be, one run of each after the other.
 * @returns every run that came to its end
 * @throws CorralError GUARD_HOST, START_FAILED, CGROUP_IO
 */
export async function runReplay(
  options: ReplayOptions,
  { own, signal, onRun }: ReplayTools,
): Promise<readonly RunOutcome[]> {
  const planned = planRuns(options);
  const done: RunOutcome[] = [];
  const cgroups = discoverHostCgroups();
  try {
    for (const one of planned) {
      signal.throwIfAborted();
      const outcome = await runOnce(one, options, { cgroups, own, signal });
      done.push(outcome);
      onRun(outcome, done.length, planned.length);
    }
  } catch (thrown) {
    // What a stopped run throws is that it was stopped.
    if (!signal.aborted) throw thrown;
  }
  return done;
}
