import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import type { Controller, Hierarchy, HostCgroups } from "../../src/cgroup/index.ts";
import { discoverHostCgroups } from "../../src/cgroup/index.ts";
import { killQuietly } from "./processes.ts";
import { scaled, sleep } from "./timing.ts";

/** The host's cgroup mounts as they are before a suite starts. */
export const host: HostCgroups = discoverHostCgroups();

/** One value under the name it has in each version: the control file, relative to the group. */
export interface VersionedFile {
  readonly v1: string;
  readonly v2: string;
}

/** A group of our own in every mounted hierarchy, below which all groups of a test file are made. */
export interface GroupParent {
  /** What `--cgroup-parent` takes. */
  readonly argument: string;
  readonly name: string;
  readonly directories: readonly string[];
  /** Directory that a job's group has for a controller, or null where nothing mounts it. */
  groupOf(controller: Controller | "unified", jobId: string): string | null;
  /** Path of a control file in a job's group, or null where the host has none. */
  fileOf(controller: Controller, jobId: string, file: VersionedFile): string | null;
  /** Groups that are there below the parent now. */
  children(): string[];
  /** Kills what is left in a job's groups and removes them. */
  removeJob(jobId: string): Promise<void>;
  /** Removes the parent; throws when something is left in it. */
  remove(): Promise<void>;
}

const readOrEmpty = (path: string): string => {
  try {
    return readFileSync(path, "latin1").trim();
  } catch {
    return "";
  }
};

const childrenOf = (directory: string): string[] => {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${directory}/${entry.name}`);
  } catch {
    return [];
  }
};

/** Passes every controller on, so that groups below have its files. False when a group may not (it has processes). */
function enableAll(hierarchy: Hierarchy, directory: string): boolean {
  try {
    for (const controller of hierarchy.controllers)
      writeFileSync(`${directory}/cgroup.subtree_control`, `+${controller}`);
    return true;
  } catch {
    return false;
  }
}

/** Where the parent goes: the own group; on v2 the mount itself when the own group holds processes. */
function baseOf(hierarchy: Hierarchy): string {
  const own = hierarchy.ownDirectory ?? hierarchy.mountPoint;
  if (hierarchy.version === 1 || hierarchy.controllers.length === 0 || enableAll(hierarchy, own)) return own;
  enableAll(hierarchy, hierarchy.mountPoint);
  return hierarchy.mountPoint;
}

function makeBelow(hierarchy: Hierarchy, base: string, name: string): string {
  const directory = `${base}/${name}`;
  mkdirSync(directory);
  if (hierarchy.version === 2) enableAll(hierarchy, directory);
  if (hierarchy.version === 1 && hierarchy.controllers.includes("cpuset")) {
    for (const file of ["cpuset.cpus", "cpuset.mems"])
      writeFileSync(`${directory}/${file}`, readOrEmpty(`${base}/${file}`));
  }
  return directory;
}

let made = 0;

/** Makes a parent with a name of its own in every hierarchy this process may write to. */
export function makeGroupParent(): GroupParent {
  made += 1;
  const name = `corral-test-${process.pid}-${made}`;
  const places = host.hierarchies.map((hierarchy) => ({ hierarchy, base: baseOf(hierarchy) }));
  const directories = new Map(
    places.map(({ hierarchy, base }) => [hierarchy, makeBelow(hierarchy, base, name)] as const),
  );
  // Relative: below this process's own group in each hierarchy. Absolute: below the mount, on pure v2 only.
  const atMount = places.every(({ hierarchy, base }) => base === hierarchy.mountPoint);
  const directoryOf = (controller: Controller | "unified"): string | null => {
    const hierarchy = controller === "unified" ? host.unified : host.owner[controller];
    return (hierarchy === null || hierarchy === undefined ? null : directories.get(hierarchy)) ?? null;
  };
  const groupOf = (controller: Controller | "unified", jobId: string): string | null => {
    const directory = directoryOf(controller);
    return directory === null ? null : `${directory}/corral-${jobId}`;
  };
  return {
    argument: atMount ? `/${name}` : name,
    name,
    directories: [...directories.values()],
    groupOf,
    fileOf: (controller, jobId, file) => {
      const group = groupOf(controller, jobId);
      return group === null ? null : `${group}/${host.owner[controller]?.version === 2 ? file.v2 : file.v1}`;
    },
    children: () => [...directories.values()].flatMap(childrenOf),
    removeJob: async (jobId) => {
      const groups = [...directories.values()].map((directory) => `${directory}/corral-${jobId}`);
      for (const group of groups) {
        for (const pid of readOrEmpty(`${group}/cgroup.procs`).split("\n").map(Number)) if (pid > 0) killQuietly(pid);
      }
      await removeAll(groups);
    },
    remove: () => removeAll([...directories.values()]),
  };
}

async function removeAll(directories: readonly string[]): Promise<void> {
  for (const directory of directories) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        rmdirSync(directory);
        break;
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code === "ENOENT") break;
        if (attempt < 100) await sleep(scaled(10));
        else throw new Error(`cannot remove ${directory}: ${childrenOf(directory).join(" ")}`, { cause: thrown });
      }
    }
  }
}
