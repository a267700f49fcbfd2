import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { CorralError, errnoOf, quote } from "../report/index.ts";
import type { LogFollower } from "../run/jobs/index.ts";
import { findLog, followLog } from "../run/jobs/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { namedJob, ownDirectories } from "./job-arguments.ts";
import type { logsFlags } from "./job-flags.ts";
import { writeWhileRead } from "./output.ts";

const pieceBytes = 64 * 1024;

/** Copies what a file has from `at` on to standard output. */
function copyFrom(fd: number, at: number): { readonly at: number; readonly read: boolean } {
  const piece = Buffer.allocUnsafe(pieceBytes);
  // A file that was cut meanwhile begins again.
  let next = fstatSync(fd).size < at ? 0 : at;
  for (;;) {
    const length = readSync(fd, piece, 0, pieceBytes, next);
    if (length === 0) return { at: next, read: true };
    next += length;
    if (!writeWhileRead(1, piece.subarray(0, length))) return { at: next, read: false };
  }
}

/**
 * `corral logs`: prints the captured output of a job, byte by byte as it was written.
 * @returns 0
 * @throws CorralError USAGE, JOB_NOT_FOUND, NOT_CAPTURED, STATE_UNREADABLE
 */
export async function logsCommand(flags: RawFlags<typeof logsFlags>, args: readonly string[]): Promise<number> {
  const directories = ownDirectories();
  const jobId = namedJob(args, directories);
  const path = findLog(directories, jobId)[flags.stderr === true ? "stderr" : "stdout"];
  const fd = openLog(path);
  try {
    if (flags.follow === true) await follow(fd, followLog(directories, jobId, path));
    else copyFrom(fd, 0);
    return 0;
  } finally {
    closeSync(fd);
  }
}

/** What was written before the end of the job is printed before this ends. */
async function follow(fd: number, follower: LogFollower): Promise<void> {
  let at = 0;
  for (let over = false; ; ) {
    const copied = copyFrom(fd, at);
    if (over || !copied.read) return;
    at = copied.at;
    const seen = at;
    over = await follower.moreOrOver(() => fstatSync(fd).size !== seen);
  }
}

function openLog(path: string): number {
  try {
    return openSync(path, "r");
  } catch (cause) {
    throw new CorralError("STATE_UNREADABLE", `cannot read ${quote(path, 300)}: ${errnoOf(cause) ?? "error"}`, {
      object: path,
      cause,
    });
  }
}
