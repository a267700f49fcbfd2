import { readdirSync } from "node:fs";
import { taskFlags } from "./constants.ts";
import { nativeCallError } from "./native-error.ts";
import type { LinkTarget } from "./proc-read.ts";
import { readProcLink, readProcText } from "./proc-read.ts";
import type { ProcessIdentity, ProcessStat } from "./procfs.ts";
import { bootId, parseProcessStat } from "./procfs.ts";

/**
 * Process ids of this pid namespace, kernel threads and zombies among them.
 * @throws CorralError NATIVE_CALL when /proc cannot be read.
 */
export function listPids(): number[] {
  try {
    return readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch (thrown) {
    throw nativeCallError("readdir", thrown, "/proc");
  }
}

/** User ids of a process (credentials(7)). */
export interface ProcessUids {
  readonly real: number;
  readonly effective: number;
}

/** The `Uid:` of /proc/PID/status; the owner of /proc/PID is root for processes that do not dump core. */
export function parseUids(status: string): ProcessUids | null {
  const match = /^Uid:\t(\d+)\t(\d+)/m.exec(status);
  return match === null ? null : { real: Number(match[1]), effective: Number(match[2]) };
}

/** /proc/PID/cmdline as arguments; none for kernel threads and zombies. */
export function parseArgv(cmdline: string): readonly string[] {
  if (cmdline === "") return [];
  return (cmdline.endsWith("\0") ? cmdline.slice(0, -1) : cmdline).split("\0");
}

// USER_HZ, the unit of /proc/PID/stat: 100 on every architecture that Node runs on.
const ticksPerSec = 100;

/** Seconds since the process started; null when the clock says less than nothing (a container's own uptime). */
function ageSecOf({ startTicks }: ProcessStat): number | null {
  const age = Number.parseFloat(readProcText("/proc/uptime") ?? "") - startTicks / ticksPerSec;
  return age >= 0 ? age : null;
}

/**
 * What /proc says about the process that has this pid, each fact read when it is first asked for and then kept. A fact
 * that cannot be read is null, never a guess. The facts are read at different times: check `identity` with
 * `isSameProcess` before acting on them. Names, arguments and paths are untrusted bytes (byte-text.ts).
 */
export interface ProcessFacts {
  readonly pid: number;
  /** Null when the process is gone. */
  readonly stat: ProcessStat | null;
  readonly identity: ProcessIdentity | null;
  readonly uids: ProcessUids | null;
  /** Empty for kernel threads, zombies, and processes that emptied it. */
  readonly argv: readonly string[] | null;
  /** Null also for kernel threads, and without the right to trace the process (ptrace(2)). */
  readonly exe: LinkTarget | null;
  readonly cwd: LinkTarget | null;
  /** The lines of /proc/PID/cgroup (cgroups(7)). */
  readonly cgroup: string | null;
  readonly kernelThread: boolean | null;
  /** Seconds since its start, counting suspended time; read anew each time. */
  readonly ageSec: number | null;
}

function lazy<T>(read: () => T): () => T {
  let kept: { readonly value: T } | null = null;
  return () => {
    kept ??= { value: read() };
    return kept.value;
  };
}

/** The facts of one process; reads nothing yet and never throws. */
export function processFacts(pid: number): ProcessFacts {
  const text = <T>(name: string, parse: (text: string) => T | null) =>
    lazy(() => {
      const found = readProcText(`/proc/${pid}/${name}`);
      return found === null ? null : parse(found);
    });
  const stat = text("stat", parseProcessStat);
  const uids = text("status", parseUids);
  const argv = text("cmdline", parseArgv);
  const cgroup = text("cgroup", (lines) => lines);
  const exe = lazy(() => readProcLink(`/proc/${pid}/exe`));
  const cwd = lazy(() => readProcLink(`/proc/${pid}/cwd`));
  const ifThere = <T>(take: (found: ProcessStat) => T): T | null => {
    const found = stat();
    return found === null ? null : take(found);
  };
  return {
    pid,
    get stat() {
      return stat();
    },
    get identity() {
      return ifThere((found) => ({ bootId: bootId(), pid: found.pid, startTicks: found.startTicks }));
    },
    get uids() {
      return uids();
    },
    get argv() {
      return argv();
    },
    get exe() {
      return exe();
    },
    get cwd() {
      return cwd();
    },
    get cgroup() {
      return cgroup();
    },
    get kernelThread() {
      return ifThere(({ flags }) => (flags & taskFlags.kernelThread) !== 0);
    },
    get ageSec() {
      return ifThere(ageSecOf);
    },
  };
}
