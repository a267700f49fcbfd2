import { readProcText } from "./proc-read.ts";

/** What a process does with a signal (signal(7)). */
export type SignalDisposition = "caught" | "ignored" | "default";

const holds = (mask: string | undefined, signal: number): boolean =>
  mask !== undefined && ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;

/** From the text of /proc/PID/status (proc_pid_status(5), SigIgn and SigCgt); null when it lacks them. */
export function parseDisposition(status: string, signal: number): SignalDisposition | null {
  const mask = (name: string): string | undefined => new RegExp(`^${name}:\\t([0-9a-f]+)$`, "m").exec(status)?.[1];
  const caught = mask("SigCgt");
  if (caught === undefined) return null;
  if (holds(caught, signal)) return "caught";
  return holds(mask("SigIgn"), signal) ? "ignored" : "default";
}

/** What a process does with a signal now; null when it is gone. */
export function signalDisposition(pid: number, signal: number): SignalDisposition | null {
  const status = readProcText(`/proc/${pid}/status`);
  return status === null ? null : parseDisposition(status, signal);
}
