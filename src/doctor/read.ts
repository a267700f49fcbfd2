import { accessSync, readFileSync } from "node:fs";
import { errnoOf } from "../report/index.ts";

/** Text of a file without the final newline, or null when it is absent or unreadable. */
export function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8").trimEnd();
  } catch {
    return null;
  }
}

/** Null when access(2) allows `mode` for this process, else the errno name. */
export function accessErrno(path: string, mode: number): string | null {
  try {
    accessSync(path, mode);
    return null;
  } catch (thrown) {
    return errnoOf(thrown) ?? "EIO";
  }
}

/** A file that cannot be used, in words: `ENOENT` is absence, the rest is refusal. */
export const describeAbsence = (path: string, errno: string): string =>
  errno === "ENOENT" ? `${path} does not exist` : `${path} is not accessible (${errno})`;
