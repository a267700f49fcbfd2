import { readFileSync, readlinkSync, statSync } from "node:fs";
import { decodeBytes } from "./byte-text.ts";

/** Reads below /proc, where everything may vanish at any time: what cannot be read, for whatever reason, is null. */

/** A whole file as byte text (byte-text.ts), or null. */
export function readProcText(file: string): string | null {
  try {
    // Twice as fast as a Buffer; the second read is for the rare name that is not UTF-8.
    const text = readFileSync(file, "utf8");
    return text.includes("\ufffd") ? decodeBytes(readFileSync(file)) : text;
  } catch {
    return null;
  }
}

/** Where a link of /proc/PID points to (proc_pid_exe(5)), as byte text. */
export interface LinkTarget {
  readonly path: string;
  /** The file was removed or replaced since; `path` is its former name. */
  readonly deleted: boolean;
}

const deletedMark = " (deleted)";

/** Tells the kernel's mark from a file that is really named so. */
function isNamedSo(path: string, link: string): boolean {
  try {
    const named = statSync(path);
    const linked = statSync(link);
    return named.dev === linked.dev && named.ino === linked.ino;
  } catch {
    return false;
  }
}

/** Target of /proc/PID/exe or cwd, or null: unreadable, no such link (kernel threads), outside of our root. */
export function readProcLink(link: string): LinkTarget | null {
  let path: string;
  try {
    path = decodeBytes(readlinkSync(link, "buffer"));
  } catch {
    return null;
  }
  if (!path.startsWith("/")) return null;
  if (!path.endsWith(deletedMark) || isNamedSo(path, link)) return { path, deleted: false };
  return { path: path.slice(0, -deletedMark.length), deleted: true };
}
