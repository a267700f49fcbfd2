import type { ExitInfo, ProcessIdentity, ProcessStat } from "../kernel/index.ts";
import { exitStatusOf, openProcess, requireAddon, watchExit, zombieStatus } from "../kernel/index.ts";

import { leaderEnds } from "./process-scan.ts";

/** What the end of a leader means for its process. */
type LeaderEnd = "ended" | "others go on" | "was replaced";

/**
 * @param stat of the pid now, null when there is none
 * @param startTicks of the process whose leader ended, null when not known
 */
export function judgeLeaderEnd(stat: ProcessStat | null, startTicks: number | null): LeaderEnd {
  if (stat === null || (startTicks !== null && stat.startTicks !== startTicks)) return "ended";
  // A thread that executes a program ends all others and takes over the leader's id and start time (execve(2)).
  if (!leaderEnds(stat)) return "was replaced";
  return stat.numThreads > 1 ? "others go on" : "ended";
}

/** Longest wait for the parent to reap the process, after which the kernel can tell its status (Linux 6.15). */
const reapTimeoutMs = 100;

function toWaitStatus({ code, signal, coreDumped }: ExitInfo): number | null {
  if (signal !== null) return signal | (coreDumped === true ? 0x80 : 0);
  return code === null ? null : code << 8;
}

/**
 * Waits for the end of a process whose leader has ended and whose other threads go on. Its status, null when nobody can
 * tell: the one of the leader need not be the one of the process.
 * @param leaderStatus the answer when all is over already: then they ended together
 * @throws the reason of `signal`
 */
export async function watchGroupEnd(
  identity: ProcessIdentity,
  leaderStatus: number,
  signal: AbortSignal,
): Promise<number | null> {
  const pidfd = openProcess(identity);
  if (pidfd === null) return leaderStatus;
  try {
    await watchExit(pidfd, signal);
    const status = zombieStatus(identity);
    if (status !== null) return status;
    const exit = await exitStatusOf(pidfd, reapTimeoutMs);
    return exit === null ? null : toWaitStatus(exit);
  } finally {
    requireAddon().close(pidfd);
  }
}
