import { CorralError } from "../report/index.ts";
import { explainErrno, writeControl } from "./control-file.ts";
import type { GroupDirectory } from "./group.ts";
import type { Hierarchy, HostCgroups } from "./hierarchy.ts";

/** The hierarchy that a directory lies in, or null. */
export const hierarchyOf = (host: HostCgroups, path: string): Hierarchy | null =>
  host.hierarchies.find(({ mountPoint }) => path === mountPoint || path.startsWith(`${mountPoint}/`)) ?? null;

/** Why a process could not be moved. */
export interface MoveRefusal {
  readonly directory: string;
  /** Name of the errno, such as EINVAL for a real-time task and a v1 cpu group without real-time budget. */
  readonly code: string;
  readonly reason: string;
}

/**
 * Moves a process with all its threads into a group of one hierarchy (cgroups(7), cgroup.procs). Null when it went, or
 * was gone already.
 */
export function moveProcess(pid: number, directory: string): MoveRefusal | null {
  try {
    writeControl(`${directory}/cgroup.procs`, String(pid));
    return null;
  } catch (thrown) {
    const code = CorralError.from(thrown).found ?? "error";
    return code === "ESRCH" ? null : { directory, code, reason: explainErrno(code) };
  }
}

/** Where a process is now in the hierarchies that a group spans: the group's directory and the process's own. */
export function originsOf(
  host: HostCgroups,
  directories: readonly GroupDirectory[],
): { readonly from: string; readonly to: string }[] {
  return directories.flatMap(({ path }) => {
    const from = hierarchyOf(host, path)?.ownDirectory ?? null;
    return from === null || from === path ? [] : [{ from, to: path }];
  });
}
