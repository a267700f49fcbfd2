import { accessSync, closeSync, constants, fstatSync, openSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { CorralError, errnoOf, quote } from "../report/index.ts";
import { replaceDurableFile } from "../run/index.ts";
import { reportTarget } from "./report-target.ts";

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
    const target = reportTarget(path);
    if (target.kind === "descriptor") fstatSync(target.fd);
    else if (target.kind === "file") accessSync(dirname(target.path), constants.W_OK);
    else {
      if (statSync(target.path).isDirectory()) throw Object.assign(new Error("is a directory"), { code: "EISDIR" });
      accessSync(target.path, constants.W_OK);
    }
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

/** Writes to what is there; never creates: a mistyped name below /dev is no place for a file. */
function writeInto(path: string, content: string | Uint8Array): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_TRUNC);
  try {
    writeFileSync(fd, content);
  } finally {
    closeSync(fd);
  }
}

/**
 * Writes a report, or another text, to where its user wants it: a plain file is replaced in one step, behind
 * symbolic links too; anything else (a pipe, /dev/fd/3) is written to.
 * @throws CorralError REPORT_UNWRITABLE
 */
export function writeReportFile(
  path: string,
  content: string | Uint8Array,
  { what, mode }: WriteOptions = { what: "the report", mode: null },
): void {
  try {
    const target = reportTarget(path);
    if (target.kind === "file") replaceDurableFile(target.path, content, mode);
    else if (target.kind === "descriptor") writeFileSync(target.fd, content);
    else writeInto(target.path, content);
  } catch (cause) {
    throw unwritable(path, cause, what);
  }
}
