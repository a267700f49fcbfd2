import { readProcText } from "./proc-read.ts";

/** A counter of /proc/vmstat (proc_vmstat(5)), such as `pswpout` in pages; null where the kernel has none of that name. */
export function readVmCounter(name: string): number | null {
  const match = new RegExp(`^${name} (\\d+)$`, "m").exec(readProcText("/proc/vmstat") ?? "");
  return match === null ? null : Number(match[1]);
}
