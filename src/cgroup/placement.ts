import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { CorralError, quote } from "../report/index.ts";
import type { Controller, Hierarchy, HostCgroups } from "./hierarchy.ts";

/** Where in one hierarchy the group of a job will be made. */
export interface Parent {
  readonly hierarchy: Hierarchy;
  readonly directory: string;
  /** True: this process is alone in `directory` and must step into a child of it first (v2, no internal processes). */
  readonly stepAside: boolean;
}

/** Why no parent could be found in a hierarchy. `denied` means a matter of permission. */
export interface NoParent {
  readonly hierarchy: Hierarchy;
  readonly denied: boolean;
  readonly reason: string;
}

const writable = (path: string): boolean => {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
};

/** True when writing is a matter of permission; a file that is not there is none. */
const refused = (path: string): boolean => existsSync(path) && !writable(path);

const isDirectory = (path: string): boolean => {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
};

const readText = (path: string): string => {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
};

const callerDirectoryOf = ({ callerDirectory, ownDirectory }: Hierarchy): string | null =>
  callerDirectory === undefined ? ownDirectory : callerDirectory;

/**
 * The parent that the user named, in one hierarchy. A path that starts with `/` counts from the mount,
 * any other from the group this process is in.
 * @throws CorralError CGROUP_PARENT when it does not exist there
 */
export function explicitParent(hierarchy: Hierarchy, path: string): Parent | NoParent {
  if (path.split("/").includes("..")) {
    throw new CorralError("CGROUP_PARENT", `the parent group ${quote(path)} must not contain ".."`, { object: path });
  }
  const base = path.startsWith("/") ? hierarchy.mountPoint : (callerDirectoryOf(hierarchy) ?? hierarchy.mountPoint);
  const directory = `${base}/${path.replace(/^\/+|\/+$/g, "")}`.replace(/\/$/, "");
  if (!isDirectory(directory)) {
    throw new CorralError("CGROUP_PARENT", `the parent group ${quote(directory, 200)} does not exist`, {
      object: directory,
      fix: "create it in every hierarchy that the limits use, or leave --cgroup-parent out",
    });
  }
  const common = hierarchy.version === 2 ? commonAncestor(hierarchy, directory) : null;
  if (common !== null && refused(`${common}/cgroup.procs`)) {
    return none(hierarchy, true, `no permission to move processes from ${common} into ${directory}`);
  }
  return { hierarchy, directory, stepAside: false };
}

/** v2 lets a process be moved only by who may write to the nearest group above both places (cgroup-v2.rst, "Delegation Containment"). */
function commonAncestor(hierarchy: Hierarchy, directory: string): string {
  const own = hierarchy.ownDirectory ?? hierarchy.mountPoint;
  let common = directory;
  while (common !== hierarchy.mountPoint && own !== common && !own.startsWith(`${common}/`)) common = dirname(common);
  return common;
}

/** On v1 every group may hold processes and children, so the parent is simply where this process is. */
function ownV1Parent(hierarchy: Hierarchy): Parent | NoParent {
  const directory = hierarchy.ownDirectory;
  if (directory === null) return none(hierarchy, false, "this process's own group lies outside the mount");
  if (hierarchy.readOnly) return none(hierarchy, true, `${hierarchy.mountPoint} is mounted read-only`);
  if (!writable(directory)) return none(hierarchy, true, `no permission to create groups in ${directory}`);
  return { hierarchy, directory, stepAside: false };
}

const none = (hierarchy: Hierarchy, denied: boolean, reason: string): NoParent => ({ hierarchy, denied, reason });

/** Limits that a job placed beside a group, instead of below it, would escape. */
const escapable: readonly (readonly [string, string])[] = [
  ["cpu.max", "max"],
  ["memory.max", "max"],
  ["memory.high", "max"],
  ["memory.swap.max", "max"],
  ["pids.max", "max"],
  ["io.max", ""],
  ["cpuset.cpus", ""],
  ["cpuset.mems", ""],
];

/** True when a v2 group restricts its processes by a limit of its own. */
function restricts(directory: string): boolean {
  return escapable.some(([file, unlimited]) => {
    const text = readText(`${directory}/${file}`);
    return text !== "" && text.split(" ", 1)[0] !== unlimited;
  });
}

/** The v2 root is the only group without `cgroup.type`, and the only one that may hold processes and controllers. */
const isV2Root = (directory: string): boolean =>
  existsSync(`${directory}/cgroup.procs`) && !existsSync(`${directory}/cgroup.type`);

function offers(directory: string, needed: readonly Controller[]): boolean {
  const available = readText(`${directory}/cgroup.controllers`).split(" ");
  return needed.every((controller) => available.includes(controller));
}

/** A group can pass controllers on when they already are, or when it is free of processes, or the root. */
function canPassOn(directory: string, needed: readonly Controller[]): boolean {
  const enabled = readText(`${directory}/cgroup.subtree_control`).split(" ");
  if (needed.every((controller) => enabled.includes(controller))) return true;
  if (!writable(`${directory}/cgroup.subtree_control`)) return false;
  return isV2Root(directory) || readText(`${directory}/cgroup.procs`) === "";
}

const mayManage = (directory: string): boolean => writable(directory) && writable(`${directory}/cgroup.procs`);

/**
 * The parent on cgroup v2 (cgroup-v2.rst, "Delegation" and "No Internal Process Constraint"): the own
 * group when it can hold children, else the nearest ancestor that may be managed and lies below no limit
 * that the job would escape. Never above a group that limits this process.
 */
function ownV2Parent({ hierarchy, needed, ownPid, climb }: PlacementRequest): Parent | NoParent {
  const own = hierarchy.ownDirectory;
  if (own === null) return none(hierarchy, false, "this process's own group lies outside the mount");
  if (hierarchy.readOnly) return none(hierarchy, true, `${hierarchy.mountPoint} is mounted read-only`);
  if (!offers(own, needed) && !mayManage(dirname(own))) {
    return none(
      hierarchy,
      false,
      `${own} has not been given the ${needed.length === 1 ? "controller" : "controllers"} ${needed.join(", ")}`,
    );
  }
  if (mayManage(own) && offers(own, needed)) {
    if (needed.length === 0 || isV2Root(own) || canPassOn(own, needed))
      return { hierarchy, directory: own, stepAside: false };
    if (readText(`${own}/cgroup.procs`) === String(ownPid)) return { hierarchy, directory: own, stepAside: true };
  }
  if (!climb) return none(hierarchy, false, `${own} is not delegated and has other processes in it`);
  for (let at = own; at !== hierarchy.mountPoint && at.startsWith(hierarchy.mountPoint); at = dirname(at)) {
    if (restricts(at))
      return none(hierarchy, false, `${at} limits this process, and a job beside it would escape that limit`);
    const above = dirname(at);
    if (!mayManage(above)) return none(hierarchy, true, `no permission to create groups in ${above}`);
    if (offers(above, needed) && canPassOn(above, needed)) return { hierarchy, directory: above, stepAside: false };
  }
  if (!mayManage(own)) return none(hierarchy, true, `no permission to create groups in ${own}`);
  return none(hierarchy, false, `no group at or above ${own} can hold a job's group`);
}

/**
 * Whether groups above the own one may be used. systemd owns every group that it has not delegated: root could write
 * there, and must not (systemd's single-writer rule); a user can write only what was delegated to him.
 */
export const mayClimb = (uid: number, systemdRuns: boolean): boolean => uid !== 0 || !systemdRuns;

export interface PlacementRequest {
  readonly host: HostCgroups;
  readonly hierarchy: Hierarchy;
  /** Controllers that the job's group must have in this hierarchy. */
  readonly needed: readonly Controller[];
  /** `--cgroup-parent` or CORRAL_CGROUP_PARENT. */
  readonly explicit: string | null;
  readonly ownPid: number;
  /** False: only the own group may be used, because somebody else (systemd) manages those above. */
  readonly climb: boolean;
}

/**
 * Chooses the parent of a job's group in one hierarchy: the explicit one, else a delegated subtree or the own group.
 * @throws CorralError CGROUP_PARENT when an explicit parent does not exist
 */
export function selectParent(request: PlacementRequest): Parent | NoParent {
  const { hierarchy } = request;
  if (request.explicit !== null) return explicitParent(hierarchy, request.explicit);
  return hierarchy.version === 1 ? ownV1Parent(hierarchy) : ownV2Parent(request);
}
