import type { ProcessIdentity } from "../kernel/index.ts";
import { bootId, readProcessStat } from "../kernel/index.ts";
import type { StartRecord } from "./records.ts";

/** True while exactly this process runs. A zombie has ended, unless other threads of it go on (proc_pid_stat(5)). */
export function isRunning(identity: ProcessIdentity): boolean {
  if (identity.bootId !== bootId()) return false;
  const stat = readProcessStat(identity.pid);
  return stat !== null && stat.startTicks === identity.startTicks && (stat.state !== "Z" || stat.numThreads > 1);
}

/** A recorded job lives while its Corral or its leader does. */
export const jobIsLive = (record: StartRecord): boolean =>
  isRunning(record.corral) || (record.workload !== null && isRunning(record.workload));
