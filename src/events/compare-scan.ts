import type { ProcessOwner } from "./lifecycle-event.ts";
import type { ProcessScan, SeenProcess } from "./process-scan.ts";

/** What the reader has been told of a process. */
export interface ToldProcess extends ProcessOwner {
  /** Null when it could not be read. */
  readonly startTicks: number | null;
  readonly ppid: number | null;
  readonly comm: string | null;
  readonly executed: boolean;
  /** It ran already when the source was opened: its start was not told. */
  readonly adopted: boolean;
  /** CLOCK_MONOTONIC of the last event told. */
  readonly sinceNs: bigint;
}

export type Change =
  | { readonly kind: "fork" | "exec"; readonly seen: SeenProcess }
  | { readonly kind: "exit"; readonly tgid: number; readonly told: ToldProcess; readonly status: number | null };

const isSame = (told: ToldProcess, seen: { readonly startTicks: number }): boolean =>
  told.startTicks === null || told.startTicks === seen.startTicks;

function hasExecuted(told: ToldProcess, seen: SeenProcess): boolean {
  if (!seen.executed) return false;
  return !told.executed || (told.comm !== null && told.comm !== seen.comm);
}

/**
 * What must have happened between what was told and what a scan saw: exits first, then the rest in order of start. A pid
 * whose start time is another one was reused: the old process exited and a new one came. What was told after the scan
 * began is newer than the scan and left alone.
 */
export function compareScan(told: ReadonlyMap<number, ToldProcess>, scan: ProcessScan): Change[] {
  const exits: Change[] = [];
  for (const [tgid, entry] of told) {
    if (entry.sinceNs >= scan.timeNs) continue;
    const seen = scan.running.get(tgid);
    if (seen !== undefined && isSame(entry, seen)) continue;
    const zombie = scan.zombies.get(tgid);
    const status = zombie !== undefined && isSame(entry, zombie) ? zombie.status : null;
    exits.push({ kind: "exit", tgid, told: entry, status });
  }
  const others: Change[] = [];
  const byStart = [...scan.running.values()].sort((a, b) => a.startTicks - b.startTicks || a.tgid - b.tgid);
  for (const seen of byStart) {
    const entry = told.get(seen.tgid);
    if (entry !== undefined && entry.sinceNs >= scan.timeNs) continue;
    const known = entry !== undefined && isSame(entry, seen);
    if (!known) others.push({ kind: "fork", seen });
    if (known ? hasExecuted(entry, seen) : seen.executed) others.push({ kind: "exec", seen });
  }
  return [...exits, ...others];
}
