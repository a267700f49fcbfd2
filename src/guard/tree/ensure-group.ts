import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Controller, GroupDirectory, Hierarchy } from "../../cgroup/index.ts";
import { enableControllers, explainErrno, moveProcess, tryReadControl } from "../../cgroup/index.ts";
import { CorralError, errnoOf } from "../../report/index.ts";

/** A group that is there now, whoever made it. */
export interface EnsuredGroup {
  /** With the controllers that it really has. */
  readonly directory: GroupDirectory;
  /** False: it was there already, and is not ours to remove. */
  readonly made: boolean;
  /** Controllers that it was to have and has not, each with the reason. */
  readonly refused: ReadonlyMap<Controller, string>;
}

/** Makes a directory unless it is there. @throws CorralError CGROUP_IO */
export function makeGroup(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === "EEXIST") return false;
    throw new CorralError("CGROUP_IO", `cannot create the group ${path}: ${explainErrno(errno)}`, {
      object: path,
      ...(errno === null ? {} : { found: errno }),
      cause,
    });
  }
}

/** Gives the children of a group controllers, one by one: one that cannot be had costs only itself. */
export function passOn(
  hierarchy: Hierarchy,
  directory: string,
  wanted: readonly Controller[],
): ReadonlyMap<Controller, string> {
  const refused = new Map<Controller, string>();
  for (const controller of wanted) {
    try {
      enableControllers(hierarchy, directory, [controller]);
    } catch (thrown) {
      refused.set(controller, CorralError.from(thrown).message);
    }
  }
  return refused;
}

/**
 * A group below one that can pass controllers on.
 * @throws CorralError CGROUP_IO when there is none and none can be made
 */
export function ensureGroup(hierarchy: Hierarchy, path: string, wanted: readonly Controller[]): EnsuredGroup {
  const made = makeGroup(path);
  const refused = passOn(hierarchy, dirname(path), wanted);
  const { dev: device, ino: inode } = statSync(path);
  const controllers = wanted.filter((one) => !refused.has(one));
  return { directory: { path, version: 2, controllers, device, inode }, made, refused };
}

/** How often a group is looked at whose processes fork while they are moved out of it. */
const mostPasses = 100;

/**
 * Moves the processes of a group itself, not of those below it, to another group, until none is left.
 * @returns pids that could not be moved
 */
export function vacate(from: string, to: string): readonly number[] {
  let stuck: readonly number[] = [];
  for (let pass = 0; pass < mostPasses; pass += 1) {
    const inside = (tryReadControl(`${from}/cgroup.procs`) ?? "")
      .split("\n")
      .filter((line) => line !== "" && line !== "0");
    const left = inside.map(Number).filter((pid) => !stuck.includes(pid));
    if (left.length === 0) break;
    stuck = [...stuck, ...left.filter((pid) => moveProcess(pid, to) !== null)];
  }
  return stuck;
}
