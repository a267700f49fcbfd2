import { closeSync, constants, existsSync, fstatSync, openSync, readSync, renameSync } from "node:fs";
import { CorralError, errnoOf, quote } from "../../report/index.ts";

const fileMode = 0o640;

/**
 * Moves a file to the first free number behind it, `FILE.1` and so on: nothing is ever overwritten.
 * @param companionOf the path of a file that belongs to it and moves along, if it is there
 * @returns where it is now
 */
export function moveAside(path: string, companionOf: ((path: string) => string) | null = null): string {
  for (let number = 1; ; number += 1) {
    const target = `${path}.${number}`;
    if (companionOf !== null && existsSync(companionOf(target))) continue;
    try {
      closeSync(openSync(target, "wx", fileMode));
    } catch (thrown) {
      if (errnoOf(thrown) === "EEXIST") continue;
      throw thrown;
    }
    // The name is ours, as an empty file, until it is replaced.
    renameSync(path, target);
    if (companionOf !== null && existsSync(companionOf(path))) renameSync(companionOf(path), companionOf(target));
    return target;
  }
}

/** The first bytes of a file; null when it is none but a pipe, a device, a directory. */
export function readBeginning(path: string, mostBytes: number): string | null {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(fd).isFile()) return null;
    const bytes = Buffer.alloc(mostBytes);
    return bytes.toString("latin1", 0, readSync(fd, bytes, 0, mostBytes, 0));
  } finally {
    closeSync(fd);
  }
}

/** What a file of ours begins with, and what it is: "a recording of events". */
export interface OwnFile {
  readonly beginning: string;
  readonly what: string;
}

/**
 * Makes room for a file of ours: an earlier one is moved aside, anything else is left alone.
 * @returns where the earlier one is now; null when there was none, or only an empty file
 * @throws CorralError RECORDS_FOREIGN; a system error that keeps the file from being read
 */
export function makeRoom(path: string, { beginning, what }: OwnFile): string | null {
  let found: string | null;
  try {
    found = readBeginning(path, beginning.length);
  } catch (thrown) {
    // What else keeps it from being read is told when it is written.
    if (errnoOf(thrown) === "ENOENT") return null;
    throw thrown;
  }
  if (found === null || found === "") return null;
  if (found === beginning) return moveAside(path);
  throw new CorralError("RECORDS_FOREIGN", `${quote(path, 300)} holds something else than ${what}`, {
    object: path,
    found: quote(found.split("\n", 1)[0] ?? ""),
    fix: "name another file, or move this one away",
  });
}
