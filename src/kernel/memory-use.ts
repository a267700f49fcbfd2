import { readProcText } from "./proc-read.ts";

/** Memory of a process in bytes; a field is null where it cannot be read. */
export interface MemoryUse {
  /** Resident, each shared page divided by how many share it. */
  readonly pssBytes: number | null;
  readonly rssBytes: number | null;
  readonly swapBytes: number | null;
}

/** A field of smaps or status (proc_pid_smaps(5), proc_pid_status(5)) in bytes, or null. */
export function smapsField(text: string, name: string): number | null {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text);
  return match === null ? null : Number(match[1]) * 1024;
}

/**
 * Reads /proc/PID/smaps_rollup, which walks the page tables of the process (some milliseconds per GiB) and needs the right
 * to trace it (ptrace(2)); without that, what /proc/PID/status says is resident and swapped. Never throws.
 */
export function readMemoryUse(pid: number): MemoryUse {
  const text = readProcText(`/proc/${pid}/smaps_rollup`);
  if (text !== null && text !== "") {
    return {
      pssBytes: smapsField(text, "Pss"),
      rssBytes: smapsField(text, "Rss"),
      swapBytes: smapsField(text, "Swap"),
    };
  }
  return { pssBytes: null, ...readStatusMemory(pid) };
}

/** What /proc/PID/status says is resident and swapped: costs little, and may lag by some pages per thread. */
export function readStatusMemory(pid: number): Omit<MemoryUse, "pssBytes"> {
  const status = readProcText(`/proc/${pid}/status`) ?? "";
  return { rssBytes: smapsField(status, "VmRSS"), swapBytes: smapsField(status, "VmSwap") };
}
