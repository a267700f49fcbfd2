import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { CorralError } from "../report/index.ts";
import type { RlimitSetting } from "./launcher-options.ts";
import type { NativeAddon } from "./native-addon.ts";
import { requireAddon } from "./native-addon.ts";
import { nativeCallError } from "./native-error.ts";
import { formatNumberList, parseNumberList } from "./number-list.ts";

/**
 * The attributes of threads that run already. Nice value, IO priority, scheduling policy and affinity belong to
 * one thread (`listTasks` names them all); resource limits and the OOM score to the whole process. A tid is only a
 * name: whoever writes has checked the identity of its process. Every function throws CorralError NATIVE_MISSING
 * without the addon and NATIVE_CALL with the errno (`nativeErrno`): ESRCH when the thread is gone, EPERM or EACCES
 * when we may not, EINVAL for a value the kernel does not take.
 */

const ioClassShift = 13;
const resetOnFork = 0x4000_0000;
const flagResetOnFork = 1;
export const deadlinePolicy = 6;

function call<T>(tid: number, run: (addon: NativeAddon) => T): T {
  const addon = requireAddon();
  // The calls take 0 and negative numbers for something else: the caller, a process group.
  if (!Number.isInteger(tid) || tid < 1) {
    throw new CorralError("USAGE", `${tid} is not a thread id`, { object: String(tid) });
  }
  try {
    return run(addon);
  } catch (thrown) {
    throw nativeCallError("call", thrown instanceof CorralError ? thrown.cause : thrown, `task ${tid}`);
  }
}

/** Thread ids of a process, the leader among them; empty when it is gone. Threads may come and go meanwhile. */
export function listTasks(pid: number): number[] {
  const directory = `/proc/${pid}/task`;
  try {
    return readdirSync(directory).map(Number);
  } catch (thrown) {
    const error = nativeCallError("readdir", thrown, directory);
    if (error.found === "ENOENT" || error.found === "ESRCH") return [];
    throw error;
  }
}

/** −20 to 19 (getpriority(2)). */
export const readNice = (tid: number): number => call(tid, (addon) => addon.getPriority(tid));

/** A lower value than before needs CAP_SYS_NICE or RLIMIT_NICE (EACCES). Values outside −20 to 19 are clamped. */
export const setNice = (tid: number, nice: number): void => call(tid, (addon) => addon.setPriority(tid, nice));

/** `class` is one of `ioprioClasses`, `level` 0–7 with the kernel's hint bits above; without meaning for none and idle. */
export interface TaskIoPriority {
  readonly class: number;
  readonly level: number;
}

/** ioprio_get(2). A thread that never set one may read as class none with a level that its nice value gives. */
export function readIoPriority(tid: number): TaskIoPriority {
  const value = call(tid, (addon) => addon.ioprioGet(tid));
  return { class: value >> ioClassShift, level: value & ((1 << ioClassShift) - 1) };
}

/** ioprio_set(2). What `readIoPriority` gave can be set again. */
export function setIoPriority(tid: number, priority: TaskIoPriority): void {
  // The kernel tells a level for class none and refuses to take one.
  const level = priority.class === 0 ? 0 : priority.level;
  call(tid, (addon) => addon.ioprioSet(tid, (priority.class << ioClassShift) | level));
}

/** Times of a SCHED_DEADLINE thread (sched(7)) and its SCHED_FLAG_* bits. */
export interface TaskDeadline {
  readonly flags: number;
  readonly runtimeNs: bigint;
  readonly deadlineNs: bigint;
  readonly periodNs: bigint;
}

/** Scheduling of one thread (sched(7)). */
export interface TaskScheduling {
  /** One of `schedPolicies`, or 6 for SCHED_DEADLINE. */
  readonly policy: number;
  /** 1–99 for fifo and rr, else 0. */
  readonly priority: number;
  /** Children start with policy other and nice 0 at most (SCHED_RESET_ON_FORK). */
  readonly resetOnFork: boolean;
  /** Null but for SCHED_DEADLINE. */
  readonly deadline: TaskDeadline | null;
}

/** sched_getattr(2). */
export function readScheduling(tid: number): TaskScheduling {
  const { policy, flags, priority, ...attr } = call(tid, (addon) => addon.schedGetattr(tid));
  const { runtimeNs, deadlineNs, periodNs } = attr;
  return {
    policy,
    priority,
    resetOnFork: (flags & flagResetOnFork) !== 0,
    deadline: policy === deadlinePolicy ? { flags, runtimeNs, deadlineNs, periodNs } : null,
  };
}

/**
 * sched_setscheduler(2), which leaves the nice value alone, or sched_setattr(2) for SCHED_DEADLINE. Pass on
 * `resetOnFork` as it was read: clearing it needs CAP_SYS_NICE. Real-time policies fail with EPERM also in a v1 cpu
 * group without real-time budget.
 */
export function setScheduling(tid: number, { policy, priority, resetOnFork: reset, deadline }: TaskScheduling): void {
  call(tid, (addon) => {
    if (deadline === null) return addon.schedSetscheduler(tid, reset ? policy | resetOnFork : policy, priority);
    const { flags, runtimeNs, deadlineNs, periodNs } = deadline;
    addon.schedSetDeadline(tid, policy, flags, runtimeNs, deadlineNs, periodNs);
  });
}

/** CPUs the thread may run on, as `0-3,5` (sched_getaffinity(2)). */
export const readAffinity = (tid: number): string =>
  formatNumberList(call(tid, (addon) => addon.schedGetaffinity(tid)));

/**
 * sched_setaffinity(2). The kernel leaves out CPUs that the thread's cpuset lacks; none left is EINVAL.
 * @throws CorralError USAGE for text that is no CPU list.
 */
export function setAffinity(tid: number, cpus: string): void {
  const list = parseNumberList(cpus);
  if (list === null) throw new CorralError("USAGE", `${JSON.stringify(cpus)} is not a CPU list`, { object: cpus });
  call(tid, (addon) => addon.schedSetaffinity(tid, list));
}

/** A resource limit of the process (prlimit(2)); `resource` is one of `rlimits`. */
export function readRlimit(pid: number, resource: number): RlimitSetting {
  const [soft, hard] = call(pid, (addon) => addon.prlimitGet(pid, resource));
  return { resource, soft, hard };
}

/** prlimit(2). A raised hard limit needs CAP_SYS_RESOURCE, and so does another user's process (EPERM). */
export const setRlimit = (pid: number, { resource, soft, hard }: RlimitSetting): void =>
  call(pid, (addon) => addon.prlimitSet(pid, resource, soft, hard));

const oomFile = (pid: number): string => `/proc/${pid}/oom_score_adj`;

/** −1000 to 1000 (proc_pid_oom_score_adj(5)). Needs no addon; ENOENT when the process is gone. */
export function readOomScore(pid: number): number {
  try {
    return Number(readFileSync(oomFile(pid), "latin1"));
  } catch (thrown) {
    throw nativeCallError("read", thrown, oomFile(pid));
  }
}

/** A value below the lowest that CAP_SYS_RESOURCE ever gave the process needs that capability (EACCES). */
export function setOomScore(pid: number, score: number): void {
  try {
    writeFileSync(oomFile(pid), String(score));
  } catch (thrown) {
    throw nativeCallError("write", thrown, oomFile(pid));
  }
}
