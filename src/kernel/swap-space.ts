import { readProcText } from "./proc-read.ts";

/** Swap of the host in bytes (proc_meminfo(5), proc_swaps(5)). */
export interface SwapSpace {
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** All of it is compressed memory (zram): writing to it wears nothing out. */
  readonly inMemory: boolean;
}

/** Parses the texts of /proc/meminfo and /proc/swaps. */
export function parseSwapSpace(meminfo: string, swaps: string): SwapSpace {
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(meminfo)?.[1] ?? 0) * 1024;
  const areas = swaps.split("\n").slice(1).filter(Boolean);
  return {
    totalBytes: field("SwapTotal"),
    freeBytes: field("SwapFree"),
    inMemory: areas.length > 0 && areas.every((line) => /^\/dev\/zram\d/.test(line)),
  };
}

/** Reads it; what cannot be read counts as none. */
export const readSwapSpace = (): SwapSpace =>
  parseSwapSpace(readProcText("/proc/meminfo") ?? "", readProcText("/proc/swaps") ?? "");
