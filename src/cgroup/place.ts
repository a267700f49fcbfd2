import { readdirSync } from "node:fs";
import { CorralError, quote } from "../report/index.ts";
import { tryReadControl } from "./control-file.ts";
import type { Controller, Hierarchy, HostCgroups } from "./hierarchy.ts";

/** A group of anybody's, in the hierarchy that has a controller or in the v2 one. */
export interface GroupPlace {
  readonly directory: string;
  readonly hierarchy: Hierarchy;
  /** Below the mount, `/` for the root. */
  readonly path: string;
}

/** What a group is wanted for: the files of a controller, or those that every v2 group has. */
export type GroupUse = Controller | "unified";

const hierarchyFor = (host: HostCgroups, use: GroupUse): Hierarchy | null =>
  (use === "unified" ? host.unified : host.owner[use]) ?? null;

/** The group of the process that `host` was read for; null where nothing is mounted for it, or outside of the mount. */
export function placeOfProcess(host: HostCgroups, use: GroupUse): GroupPlace | null {
  const hierarchy = hierarchyFor(host, use);
  const directory = hierarchy?.ownDirectory ?? null;
  if (hierarchy === null || directory === null) return null;
  return { directory, hierarchy, path: directory.slice(hierarchy.mountPoint.length) || "/" };
}

/**
 * The group at a path below the mount; whether there is one is not asked. Null where nothing is mounted for its use.
 * @throws CorralError USAGE for a path that is not plain
 */
export function placeAt(host: HostCgroups, use: GroupUse, path: string): GroupPlace | null {
  const parts = path.split("/").slice(1);
  const plain =
    path === "/" || (path.startsWith("/") && parts.every((part) => part !== "" && part !== "." && part !== ".."));
  if (!plain || path.includes("\0")) {
    throw new CorralError("USAGE", `${quote(path)} is not the path of a control group`, {
      object: path,
      fix: "write it as in /proc/PID/cgroup: /system.slice/my.service",
    });
  }
  const hierarchy = hierarchyFor(host, use);
  return hierarchy === null
    ? null
    : { directory: path === "/" ? hierarchy.mountPoint : `${hierarchy.mountPoint}${path}`, hierarchy, path };
}

/** Why a group must be left alone by whoever did not make it; null when it need not. */
export function whyUntouchable(place: GroupPlace, own: HostCgroups): string | null {
  if (place.path === "/") return `${place.directory} is the root group`;
  const ours =
    own.hierarchies.find(({ mountPoint }) => mountPoint === place.hierarchy.mountPoint)?.ownDirectory ?? null;
  if (ours !== null && (ours === place.directory || ours.startsWith(`${place.directory}/`)))
    return `${place.directory} holds Corral itself`;
  return null;
}

/** Pids in a group and below it; those of other pid namespaces and of groups that vanish meanwhile are left out. */
export function processesBelow(directory: string): number[] {
  const own = (tryReadControl(`${directory}/cgroup.procs`) ?? "")
    .split("\n")
    .filter((line) => line !== "" && line !== "0");
  return [...own.map(Number), ...groupsIn(directory).flatMap((name) => processesBelow(`${directory}/${name}`))];
}

function groupsIn(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}
