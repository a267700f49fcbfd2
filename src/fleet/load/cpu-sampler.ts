import { readFileSync } from "node:fs";
import type { CpuShares } from "../model/index.ts";

/** Times of all CPUs together since the boot, in clock ticks (proc_stat(5)). */
interface CpuTimes {
  readonly user: number;
  readonly system: number;
  readonly iowait: number;
  readonly all: number;
}

/** Null: the text has no line of all CPUs. */
export function parseCpuTimes(text: string): CpuTimes | null {
  const numbers = /^cpu +(.*)$/m.exec(text)?.[1]?.trim().split(/ +/).map(Number);
  if (numbers === undefined || numbers.length < 7 || numbers.some(Number.isNaN)) return null;
  // Guests' times are in those of user and nice already.
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = numbers;
  const [ofUsers, ofSystem] = [user + nice, system + irq + softirq];
  return { user: ofUsers, system: ofSystem, iowait, all: ofUsers + ofSystem + idle + iowait + steal };
}

/** Shares of the time between two looks; null: no time has passed. */
export function cpuShares(before: CpuTimes, now: CpuTimes): CpuShares | null {
  const all = now.all - before.all;
  if (all <= 0) return null;
  const share = (kind: "user" | "system" | "iowait"): number => (Math.max(0, now[kind] - before[kind]) * 100) / all;
  return { userPercent: share("user"), systemPercent: share("system"), iowaitPercent: share("iowait") };
}

function look(): CpuTimes | null {
  try {
    return parseCpuTimes(readFileSync("/proc/stat", "latin1"));
  } catch {
    return null;
  }
}

/** What the CPUs of this host were busy with from one look to the next. */
export class CpuSampler {
  #before = look();

  /** Null: it cannot be known. */
  take(): CpuShares | null {
    const [before, now] = [this.#before, look()];
    this.#before = now;
    return before === null || now === null ? null : cpuShares(before, now);
  }
}
