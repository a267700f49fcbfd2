import { statSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { Controller, Hierarchy, HostCgroups } from "../../cgroup/index.ts";
import { CorralError, quote } from "../../report/index.ts";

/** Where the original daemon has its groups, below the mount. */
const plainRoot = "/agentcg";

/** Controllers that sessions use, where the host has them. */
export const guardControllers = ["memory", "cpu", "pids", "io", "cpuset"] as const satisfies readonly Controller[];

/** The place of the root group: the host's cgroup v2 mount and a directory below it. */
export interface GuardRoot {
  readonly hierarchy: Hierarchy;
  /** Absolute. */
  readonly directory: string;
  readonly parent: string;
  readonly leaf: string;
  /** Controllers the host can give it. */
  readonly offered: readonly Controller[];
  /** Those of `guardControllers` that it cannot. */
  readonly missing: readonly Controller[];
}

/** Who looks for a group, and what he calls it. */
interface Seeker {
  readonly command: string;
  readonly what: string;
}

const guardRoot: Seeker = { command: "corral guard", what: "the root group" };

/**
 * Finds the place of the root group.
 * @param wanted its directory, in the mount or as /proc/PID/cgroup has it; null: the original's
 * @throws CorralError GUARD_HOST unless all controllers are on cgroup v2 (R1), USAGE for a path that cannot be one
 */
export function findGuardRoot(host: HostCgroups, wanted: string | null): GuardRoot {
  const unified = requireV2(host, guardRoot.command);
  if (unified.readOnly) {
    throw new CorralError("GUARD_HOST", `${unified.mountPoint} is mounted read-only, so that no session can be made`, {
      object: unified.mountPoint,
      fix: "run corral guard where the cgroup mount is writable",
    });
  }
  const { directory, parent } = placeOfRoot(unified, wanted ?? plainRoot);
  return {
    hierarchy: unified,
    directory,
    parent,
    leaf: basename(directory),
    offered: guardControllers.filter((one) => unified.controllers.includes(one)),
    missing: guardControllers.filter((one) => !unified.controllers.includes(one)),
  };
}

/** Where a root group would be. @throws CorralError USAGE for a path that cannot be one */
export function placeOfRoot(
  { mountPoint }: Pick<Hierarchy, "mountPoint">,
  wanted: string,
): Pick<GuardRoot, "directory" | "parent"> {
  const directory = `${mountPoint}${withinMount(wanted, mountPoint, guardRoot.what)}`;
  return { directory, parent: dirname(directory) };
}

/**
 * The directory of a group that is there already.
 * @param wanted in the mount or as /proc/PID/cgroup has it
 * @throws CorralError GUARD_HOST unless all controllers are on cgroup v2; USAGE for a path that cannot be a group; CGROUP_IO
 *   when there is none
 */
export function findGroup(host: HostCgroups, wanted: string, { command, what }: Seeker): string {
  const { mountPoint } = requireV2(host, command);
  const directory = `${mountPoint}${withinMount(wanted, mountPoint, what)}`;
  if (statSync(`${directory}/cgroup.procs`, { throwIfNoEntry: false }) !== undefined) return directory;
  throw new CorralError("CGROUP_IO", `${what}: there is no group ${quote(directory, 300)}`, {
    object: directory,
    fix: `make it first, or give another one below ${mountPoint}`,
  });
}

function requireV2({ kind, unified }: HostCgroups, command: string): Hierarchy {
  if (kind === "v2" && unified !== null) return unified;
  throw new CorralError(
    "GUARD_HOST",
    `${command} needs all controllers on cgroup v2; this host has ${foundKinds[kind]}`,
    {
      object: "/proc/self/mountinfo",
      found: kind,
      fix: "boot with systemd.unified_cgroup_hierarchy=1, or cgroup_no_v1=all and a cgroup2 mount",
    },
  );
}

const foundKinds = {
  v2: "cgroup v2",
  v1: "cgroup v1",
  hybrid: "a hybrid of v1 and v2",
  none: "no cgroup mount",
} as const;

/** The path below the mount. */
function withinMount(wanted: string, mountPoint: string, what: string): string {
  const path = wanted.startsWith(`${mountPoint}/`) ? wanted.slice(mountPoint.length) : wanted;
  const parts = path.split("/").slice(1);
  const isPlain = path.startsWith("/") && parts.every((one) => /^[\w@:.-]+$/.test(one) && one !== "." && one !== "..");
  if (isPlain && parts.length > 0) return path;
  throw new CorralError("USAGE", `${what} cannot be ${quote(wanted)}`, {
    object: wanted,
    fix: `give a directory below ${mountPoint}, such as ${mountPoint}${plainRoot}`,
  });
}
