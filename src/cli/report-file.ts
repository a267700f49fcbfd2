import { accessSync, constants, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { CorralError, errnoOf, quote } from "../report/index.ts";
import { replaceDurableFile } from "../run/index.ts";

const unwritable = (path: string, cause: unknown, what: string): CorralError =>
  new CorralError("REPORT_UNWRITABLE", `cannot write ${what} ${quote(path)}: ${errnoOf(cause) ?? "error"}`, {
    object: path,
    cause,
    fix: "choose a file in a directory you can write to, on a file system with room",
  });

/**
 * Checks, before anything is started, that a report could be written there.
 * @throws CorralError REPORT_UNWRITABLE
 */
export function checkReportPath(path: string): void {
  if (path === "-") {
    throw new CorralError("USAGE", "--report takes the name of a file, not -", {
      object: "--report",
      fix: "use --json for stdout",
    });
  }
  if (path === "") throw new CorralError("USAGE", "--report needs the name of a file", { object: "--report" });
  try {
    const existing = statSync(path, { throwIfNoEntry: false });
    if (existing?.isDirectory() === true) throw Object.assign(new Error("is a directory"), { code: "EISDIR" });
    accessSync(existing === undefined || existing.isFile() ? dirname(resolve(path)) : path, constants.W_OK);
  } catch (cause) {
    throw unwritable(path, cause, "the report");
  }
}

/** How a file that the user named is written. */
interface WriteOptions {
  /** What it is called when it cannot be written. */
  readonly what: string;
  /** Mode of the file, whatever the umask is; null: 0640, as the umask allows. */
  readonly mode: number | null;
}

/**
 * Writes a report, or another text, to where its user wants it: a plain file is replaced in one step, anything else (a
 * pipe, /dev/fd/3) is written to.
 * @throws CorralError REPORT_UNWRITABLE
 */
export function writeReportFile(
  path: string,
  text: string,
  { what, mode }: WriteOptions = { what: "the report", mode: null },
): void {
  try {
    const existing = statSync(path, { throwIfNoEntry: false });
    if (existing === undefined || existing.isFile()) replaceDurableFile(resolve(path), text, mode);
    else writeFileSync(path, text);
  } catch (cause) {
    throw unwritable(path, cause, what);
  }
}
