import { readdirSync } from "node:fs";
import { join } from "node:path";
import { readProcessStat } from "../procfs.ts";

/** Whether the writer of a temporary file, whose pid is in its name, is no process any more: nobody will rename it. */
export function writerIsGone(path: string): boolean {
  const pid = /\.(\d+)\.[0-9a-z]+\.tmp$/.exec(path)?.[1];
  return pid !== undefined && readProcessStat(Number(pid)) === null;
}

/** The temporary files in a directory; none when it is not there. */
export function temporariesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith(".tmp"))
      .map((name) => join(directory, name));
  } catch {
    return [];
  }
}
