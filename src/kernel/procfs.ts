import { readdirSync, readFileSync } from "node:fs";
import { CorralError, errnoOf } from "../report/index.ts";
import { requireAddon } from "./native-addon.ts";
import { nativeCallError, nativeErrno } from "./native-error.ts";

declare const pidBrand: unique symbol;
/** A process id of this pid namespace, 1 or more. Only a name: act through a `ProcessIdentity` or a pidfd. */
export type Pid = number & { readonly [pidBrand]: true };

/**
 * Brands a number as a Pid.
 * @throws CorralError USAGE for anything that no process can have as its id.
 */
export function toPid(value: number): Pid {
  // PID_MAX_LIMIT, include/linux/threads.h
  if (Number.isInteger(value) && value >= 1 && value <= 4_194_304) return value as Pid;
  throw new CorralError("USAGE", `${value} is not a process id`, { object: String(value) });
}

/** The part of /proc/PID/stat that Corral uses (proc_pid_stat(5)); field numbers in the comments are the manual's. */
export interface ProcessStat {
  readonly pid: Pid;
  /** Name the process gave itself, at most 15 bytes: untrusted. */
  readonly comm: string;
  /** One letter: R, S, D, Z, T, t, X, I. */
  readonly state: string;
  readonly ppid: number;
  readonly pgrp: number;
  readonly session: number;
  readonly ttyNr: number;
  /** Foreground process group of the terminal, -1 when there is none. */
  readonly tpgid: number;
  /** PF_* bits of include/linux/sched.h. */
  readonly flags: number;
  /** Page faults that waited for a device, of all its threads. */
  readonly majorFaults: number;
  /** Clock ticks (`sysconf(_SC_CLK_TCK)`, 100 per second) in user and in kernel mode. */
  readonly userTicks: number;
  readonly sysTicks: number;
  readonly nice: number;
  readonly numThreads: number;
  /** Start time in clock ticks after boot. */
  readonly startTicks: number;
  /** Resident pages. */
  readonly rssPages: number;
  /** In the form of `wait(2)`; 0 while running and when we may not trace the process. */
  readonly exitCode: number | null;
}

/** Parses the text of /proc/PID/stat; null when it is malformed. The name may hold blanks and parentheses. */
export function parseProcessStat(text: string): ProcessStat | null {
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  if (open < 0 || close < open) return null;
  const fields = text
    .slice(close + 2)
    .trimEnd()
    .split(" ");
  const pid = Number(text.slice(0, open - 1));
  // `fields` starts at field 3, the state.
  const field = (number: number): number => Number(fields[number - 3]);
  const state = fields[0] ?? "";
  const required = [pid, field(4), field(22), field(24)];
  if (state.length !== 1 || required.some((value) => !Number.isFinite(value))) return null;
  return {
    pid: pid as Pid,
    comm: text.slice(open + 1, close),
    state,
    ppid: field(4),
    pgrp: field(5),
    session: field(6),
    ttyNr: field(7),
    tpgid: field(8),
    flags: field(9),
    majorFaults: field(12),
    userTicks: field(14),
    sysTicks: field(15),
    nice: field(19),
    numThreads: field(20),
    startTicks: field(22),
    rssPages: field(24),
    exitCode: fields.length >= 50 ? field(52) : null,
  };
}

/**
 * Reads /proc/PID/stat; null when there is no such process (any more).
 * @throws CorralError NATIVE_CALL when /proc cannot be read or holds something else.
 */
export function readProcessStat(pid: number): ProcessStat | null {
  const file = `/proc/${pid}/stat`;
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (thrown) {
    const errno = errnoOf(thrown);
    if (errno === "ENOENT" || errno === "ESRCH") return null;
    throw nativeCallError("read", thrown, file);
  }
  const stat = parseProcessStat(text);
  if (stat !== null) return stat;
  throw new CorralError("NATIVE_CALL", `${file} is malformed`, { object: file, found: text.slice(0, 80) });
}

/** When a thread started, in clock ticks after boot; null when it is gone. */
export function taskStartTicks(pid: number, tid: number): number | null {
  try {
    return parseProcessStat(readFileSync(`/proc/${pid}/task/${tid}/stat`, "utf8"))?.startTicks ?? null;
  } catch {
    return null;
  }
}

/**
 * The children of all threads of a process, as the kernel lists them (proc_pid_task(5), children). Null
 * where the kernel has no such list (CONFIG_PROC_CHILDREN) or hides it, and when a thread ends meanwhile.
 */
export function listChildren(pid: number): number[] | null {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.flatMap((tid) =>
      readFileSync(`/proc/${pid}/task/${tid}/children`, "latin1").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return null;
  }
}

/** Time since boot in clock ticks (100 per second), as in `startTicks`; suspended time counts (proc_uptime(5)). */
export const uptimeTicks = (): number => Math.floor(Number.parseFloat(readFileSync("/proc/uptime", "latin1")) * 100);

let cachedBootId: string | null = null;

/** Random id of this boot (/proc/sys/kernel/random/boot_id, random(4)). */
export function bootId(): string {
  const file = "/proc/sys/kernel/random/boot_id";
  try {
    cachedBootId ??= readFileSync(file, "utf8").trim();
    return cachedBootId;
  } catch (thrown) {
    throw nativeCallError("read", thrown, file);
  }
}

/** Names one process for ever: pids are reused, the start time in the same boot is not. */
export interface ProcessIdentity {
  readonly bootId: string;
  readonly pid: Pid;
  readonly startTicks: number;
}

/** Identity of the process that has this pid now; null when there is none. */
export function identityOf(pid: number): ProcessIdentity | null {
  const stat = readProcessStat(pid);
  return stat === null ? null : { bootId: bootId(), pid: stat.pid, startTicks: stat.startTicks };
}

let cachedOwn: ProcessIdentity | null = null;

/** Of this process; looked up once. @throws CorralError INTERNAL where it is not in /proc */
export function ownIdentity(): ProcessIdentity {
  cachedOwn ??= identityOf(process.pid);
  if (cachedOwn !== null) return cachedOwn;
  throw new CorralError("INTERNAL", "this process is not in /proc", { fix: "mount /proc" });
}

/** Whether the process still exists, a zombie included. */
export function isSameProcess(identity: ProcessIdentity): boolean {
  if (identity.bootId !== bootId()) return false;
  return readProcessStat(identity.pid)?.startTicks === identity.startTicks;
}

/** True while exactly this process runs. A zombie has ended, unless other threads of it go on (proc_pid_stat(5)). */
export function isRunning(identity: ProcessIdentity): boolean {
  if (identity.bootId !== bootId()) return false;
  const stat = readProcessStat(identity.pid);
  return stat !== null && stat.startTicks === identity.startTicks && (stat.state !== "Z" || stat.numThreads > 1);
}

/**
 * A pidfd of exactly this process, null when it is gone; the caller closes it. The identity is checked after
 * the pidfd pins the process, so the pid cannot be reused in between.
 * @throws CorralError NATIVE_MISSING without the addon, NATIVE_CALL when pidfd_open(2) is refused.
 */
export function openProcess(identity: ProcessIdentity): number | null {
  const addon = requireAddon();
  let pidfd: number;
  try {
    pidfd = addon.pidfdOpen(identity.pid);
  } catch (thrown) {
    if (nativeErrno(thrown) === "ESRCH") return null;
    throw thrown;
  }
  if (isSameProcess(identity)) return pidfd;
  addon.close(pidfd);
  return null;
}
