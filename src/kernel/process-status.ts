import { readProcText } from "./proc-read.ts";

/** The part of /proc/PID/status (proc_pid_status(5)) that tells who a process is and what it does with signals. */
export interface ProcessStatus {
  /** Its pid in our pid namespace and in each one below, down to its own. */
  readonly pids: readonly number[];
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
  /** Bit n - 1: signal n has a handler. */
  readonly caughtSignals: bigint;
}

const numbersOf = (field: string | undefined): number[] => (field ?? "").split(/\s+/).filter(Boolean).map(Number);

/** Parses the text of /proc/PID/status; null when a field is missing. */
export function parseProcessStatus(text: string): ProcessStatus | null {
  const fields = new Map(
    text.split("\n").map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
    }),
  );
  const caught = fields.get("SigCgt");
  // Real, effective, saved and file system id; a privileged kernel names the pids of all namespaces.
  const uid = numbersOf(fields.get("Uid"))[1];
  const gid = numbersOf(fields.get("Gid"))[1];
  const pids = numbersOf(fields.get("NSpid") ?? fields.get("Pid"));
  if (caught === undefined || uid === undefined || gid === undefined || pids.length === 0) return null;
  return { pids, uid, gid, groups: numbersOf(fields.get("Groups")), caughtSignals: BigInt(`0x${caught}`) };
}

/** Null when there is no such process (any more) or /proc hides it. */
export function readProcessStatus(pid: number): ProcessStatus | null {
  const text = readProcText(`/proc/${pid}/status`);
  return text === null ? null : parseProcessStatus(text);
}

/** Whether the process has a handler of its own for a signal. */
export const catchesSignal = (status: ProcessStatus, signal: number): boolean =>
  ((status.caughtSignals >> BigInt(signal - 1)) & 1n) === 1n;
