import type { ProcessStat } from "../kernel/index.ts";
import { bootId, listPids, processFacts, taskFlags, zombieStatus } from "../kernel/index.ts";

/** A process as one look at /proc saw it. */
export interface SeenProcess {
  readonly tgid: number;
  readonly startTicks: number;
  readonly ppid: number;
  readonly comm: string;
  /** It has executed a program since its fork. */
  readonly executed: boolean;
}

/** A zombie, with all its threads ended. */
export interface SeenZombie {
  readonly tgid: number;
  readonly startTicks: number;
  /** In the form of wait(2); null where only its own user may see it. */
  readonly status: number | null;
}

export interface ProcessScan {
  /** CLOCK_MONOTONIC when it began. */
  readonly timeNs: bigint;
  readonly running: ReadonlyMap<number, SeenProcess>;
  readonly zombies: ReadonlyMap<number, SeenZombie>;
}

/** The leader has ended or is about to; the process goes on while it has other threads. */
export const leaderEnds = ({ state, flags }: ProcessStat): boolean =>
  state === "Z" || state === "X" || (flags & taskFlags.exiting) !== 0;

/** All its threads have ended. */
export const isZombie = ({ state, numThreads }: ProcessStat): boolean => state === "Z" && numThreads <= 1;

export const toSeen = ({ pid, startTicks, ppid, comm, flags }: ProcessStat): SeenProcess => ({
  tgid: pid,
  startTicks,
  ppid,
  comm,
  executed: (flags & taskFlags.neverExecuted) === 0,
});

/** Null when the process is gone or hidden from us. */
export const statOf = (tgid: number): ProcessStat | null => processFacts(tgid).stat;

/** Looks at every process once: about 15 ms for 1,000. */
export function scanProcesses(): ProcessScan {
  const timeNs = process.hrtime.bigint();
  const running = new Map<number, SeenProcess>();
  const zombies = new Map<number, SeenZombie>();
  for (const tgid of listPids()) {
    const stat = statOf(tgid);
    if (stat === null) continue;
    const { pid, startTicks } = stat;
    if (!isZombie(stat)) running.set(tgid, toSeen(stat));
    else zombies.set(tgid, { tgid, startTicks, status: zombieStatus({ bootId: bootId(), pid, startTicks }) });
  }
  return { timeNs, running, zombies };
}
