import { readFileSync } from "node:fs";
import type { Adoption } from "../running-job.ts";
import { releaseProcesses } from "./release.ts";

/** Wall clock of a time in clock ticks after boot (proc_stat(5), btime), RFC 3339; null when /proc does not tell. */
export function wallClockOfTicks(ticks: number): string | null {
  try {
    const btime = /^btime (\d+)$/m.exec(readFileSync("/proc/stat", "latin1"))?.[1];
    return btime === undefined ? null : new Date(Number(btime) * 1000 + ticks * 10).toISOString();
  } catch {
    return null;
  }
}

/** How an attached job lets its processes go when it is over. */
export const adoption: Adoption = {
  letGo: async (state, keepLimits) => ({
    processes: state.adopted.length,
    process_start_time: state.workload === null ? null : wallClockOfTicks(state.workload.startTicks),
    memory_elsewhere_bytes: state.memoryElsewhereBytes,
    limits_kept: keepLimits,
    not_restored: keepLimits ? [] : releaseProcesses(state.adopted, state.group),
  }),
};
