import { readProcessStat } from "../kernel/index.ts";

/**
 * True when this process belongs to the foreground job of a terminal: Ctrl-C and Ctrl-Z go to its whole process
 * group, and only that group may read the terminal (credentials(7), "Sessions").
 */
export function inForegroundJob(): boolean {
  const stat = readProcessStat(process.pid);
  return stat !== null && stat.ttyNr !== 0 && stat.tpgid === stat.pgrp;
}
