import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, rmdirSync } from "node:fs";
import { errnoOf } from "../report/index.ts";
import { readText } from "./read.ts";

/** What came of making an empty group below a directory: its files, or the errno of the refusal. */
export type GroupAttempt =
  | { readonly made: true; readonly files: ReadonlySet<string>; readonly rtRuntimeUs: string | null }
  | { readonly made: false; readonly errno: string };

/** A name that no job and no other doctor uses. */
export const probeGroupName = (): string => `corral-doctor-${process.pid}-${randomBytes(4).toString("hex")}`;

/** How often, and how long in ms each time, to wait for a group whose last process has only just ended. */
const removalAttempts = 100;
const removalPauseMs = 2;

/** Removes an empty group, waiting at most 0.2 s for the kernel to let go of an ended process. */
export function removeProbeGroup(path: string): void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      rmdirSync(path);
      return;
    } catch (thrown) {
      if (errnoOf(thrown) === "ENOENT") return;
      if (errnoOf(thrown) !== "EBUSY" || attempt === removalAttempts) throw thrown;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, removalPauseMs);
    }
  }
}

/** Really makes a group below `directory`, looks at its files and removes it, all in one turn of the event loop. */
export function attemptGroup(directory: string): GroupAttempt {
  const path = `${directory}/${probeGroupName()}`;
  try {
    mkdirSync(path);
  } catch (thrown) {
    return { made: false, errno: errnoOf(thrown) ?? "EIO" };
  }
  try {
    return { made: true, files: new Set(readdirSync(path)), rtRuntimeUs: readText(`${path}/cpu.rt_runtime_us`) };
  } finally {
    removeProbeGroup(path);
  }
}
