import { readFileSync } from "node:fs";
import type { NativeExit } from "./native-addon.ts";

/** Resources a child used, with the descendants it waited for (`getrusage(2)`). */
export interface ResourceUsage {
  readonly userUs: number;
  readonly sysUs: number;
  /**
   * Peak resident memory of the largest single process, or null when it cannot be known: the kernel starts
   * a child's peak at that of the process that spawned it (fs/exec.c, setmax_mm_hiwater_rss), so a workload
   * smaller than Corral itself has no number here. The group's memory peak has no such floor.
   */
  readonly maxRssBytes: number | null;
  readonly minorFaults: number;
  readonly majorFaults: number;
  /** Blocks of 512 bytes read from and written to storage. */
  readonly inBlocks: number;
  readonly outBlocks: number;
  readonly voluntarySwitches: number;
  readonly involuntarySwitches: number;
}

/** How a process ended. Exactly one of `code` and `signal` is set, neither when nobody could learn it. */
export interface ExitInfo {
  /** Exit code 0–255, null when a signal ended the process. */
  readonly code: number | null;
  /** Number of the signal that ended the process, null when it exited; `signalName` names it. */
  readonly signal: number | null;
  /** Whether the kernel dumped core; null when not known. */
  readonly coreDumped: boolean | null;
  /** Null for a process that is not our child and on the path without the addon. */
  readonly usage: ResourceUsage | null;
  /** CLOCK_MONOTONIC when it ended, where it was told later; absent: just now. */
  readonly endedNs?: bigint;
}

/** An exit that happened but whose status nobody kept. */
export const unknownExit: ExitInfo = { code: null, signal: null, coreDumped: null, usage: null };

/** Decodes a status in the form of `wait(2)`: low 7 bits signal, 0x80 core, next byte code. */
export function exitFromWaitStatus(status: number): ExitInfo {
  const signal = status & 0x7f;
  if (signal === 0) return { code: (status >> 8) & 0xff, signal: null, coreDumped: false, usage: null };
  return { code: null, signal, coreDumped: (status & 0x80) !== 0, usage: null };
}

// The kernel's memory counters are kept per cpu and may lag by some pages.
const counterSlackBytes = 2 * 1024 * 1024;

// From here on `ru_maxrss` of this process is its peak; null: not compared yet.
let trustedFromBytes: number | null = null;

/**
 * The peak of this process, which is the floor of a child's maxRssBytes, told from its `ru_maxrss` at the spawn alone, or
 * null. That number is had for nothing but is never below the peak of who started this process. This part stays as it
 * is: once `readPeakRssBytes` has compared the two, most numbers tell by themselves.
 */
export const knownPeakRssBytes = (maxRssBytes: number): number | null =>
  trustedFromBytes !== null && maxRssBytes >= trustedFromBytes ? maxRssBytes : null;

/** The peak from /proc, which takes longer to read than all else of a spawn. Infinite when it cannot be read. */
export function readPeakRssBytes(maxRssBytes: number): number {
  const peakBytes = readHighWaterMark();
  const hidden = maxRssBytes > peakBytes + counterSlackBytes;
  trustedFromBytes ??= hidden ? maxRssBytes + 1 : maxRssBytes;
  return peakBytes;
}

/** `VmHWM`, proc_pid_status(5). */
function readHighWaterMark(): number {
  try {
    const [, after] = readFileSync("/proc/self/status", "utf8").split("VmHWM:", 2);
    return after === undefined ? Number.POSITIVE_INFINITY : Number.parseInt(after, 10) * 1024;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** The addon's record as an ExitInfo; `floorBytes` is the peak of this process at the spawn or later. */
export function exitFromNative(exit: NativeExit, floorBytes: number): ExitInfo {
  const { code, signal, coreDumped, maxRssBytes, ...rest } = exit;
  const known = maxRssBytes > floorBytes + counterSlackBytes;
  return { code, signal, coreDumped, usage: { ...rest, maxRssBytes: known ? maxRssBytes : null } };
}
