import { readProcText } from "./proc-read.ts";
import type { TiedHelper } from "./tied-helper.ts";
import { startTiedHelper } from "./tied-helper.ts";

/** A process that keeps the kernel's lock on moves between groups warm until this one dies, or says goodbye. */
export interface MoveWarmer {
  readonly helper: TiedHelper;
  /** CPU time that it has used so far, in milliseconds; 0 where the kernel does not tell (CONFIG_SCHED_INFO). */
  cpuMs(): number;
}

/**
 * Starts the helper `corral-launch warm` (native/BOUNDARY.md).
 * @param procs the file `cgroup.procs` of the group of this process, in which the helper is born
 * @throws CorralError NATIVE_MISSING without a launcher, NATIVE_CALL when it cannot be spawned
 */
export async function startMoveWarmer(periodMs: number, procs: string): Promise<MoveWarmer> {
  const { helper } = await startTiedHelper(["warm", "--period-ms", String(periodMs), "--procs", procs], false);
  const { pid } = helper.child;
  return { helper, cpuMs: () => Number(readProcText(`/proc/${pid}/schedstat`)?.split(" ")[0] ?? 0) / 1e6 };
}
