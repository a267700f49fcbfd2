import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import type { Controller, Hierarchy } from "../../src/cgroup/index.ts";
import { discoverHostCgroups } from "../../src/cgroup/index.ts";
import { sleep } from "./measure.ts";

export const host = discoverHostCgroups();

/** A group with a name of its own in every hierarchy; all groups of a benchmark are made below it. */
export interface BenchParent {
  readonly name: string;
  /** What `--cgroup-parent` takes. */
  readonly argument: string;
  /** Its directory for a controller, or in the v2 hierarchy; null where nothing is mounted. */
  directoryOf(controller: Controller | "unified"): string | null;
  remove(): Promise<void>;
}

const pureV2 = host.hierarchies.every(({ version }) => version === 2);

/** On pure v2 the mount itself: the own group holds processes and cannot pass controllers on. */
const baseOf = (hierarchy: Hierarchy): string =>
  pureV2 ? hierarchy.mountPoint : (hierarchy.ownDirectory ?? hierarchy.mountPoint);

function passOn(hierarchy: Hierarchy, directory: string): void {
  for (const controller of hierarchy.controllers)
    writeFileSync(`${directory}/cgroup.subtree_control`, `+${controller}`);
}

/** A v1 group has no CPUs and no memory nodes until it is given some, and takes no process before. */
export function seedCpuset(
  { version, controllers }: Pick<Hierarchy, "version" | "controllers">,
  directory: string,
): void {
  if (version !== 1 || !controllers.includes("cpuset")) return;
  for (const file of ["cpuset.cpus", "cpuset.mems"])
    writeFileSync(`${directory}/${file}`, readFileSync(`${directory}/../${file}`, "latin1").trim());
}

/** @throws Error when this user may not make groups */
export function makeParent(): BenchParent {
  const name = `corral-bench-${process.pid}`;
  const directories = new Map<Hierarchy, string>();
  for (const hierarchy of host.hierarchies) {
    const directory = `${baseOf(hierarchy)}/${name}`;
    if (pureV2) passOn(hierarchy, hierarchy.mountPoint);
    mkdirSync(directory);
    if (pureV2) passOn(hierarchy, directory);
    seedCpuset(hierarchy, directory);
    directories.set(hierarchy, directory);
  }
  const directoryOf = (controller: Controller | "unified"): string | null => {
    const hierarchy = controller === "unified" ? host.unified : host.owner[controller];
    return (hierarchy == null ? null : directories.get(hierarchy)) ?? null;
  };
  return {
    name,
    argument: pureV2 ? `/${name}` : name,
    directoryOf,
    remove: async () => {
      const elsewhere = cgroupMounts().map((mount) => `${mount}/${name}`);
      for (const directory of new Set([...directories.values(), ...elsewhere])) await removeTree(directory);
    },
  };
}

/** Every cgroup mount: runc makes groups also in hierarchies that carry no controller of ours. */
const cgroupMounts = (): string[] =>
  [...readFileSync("/proc/self/mounts", "latin1").matchAll(/^\S+ (\S+) cgroup2? /gm)].map((match) => match[1] ?? "");

async function removeTree(directory: string): Promise<void> {
  if (!existsSync(directory)) return;
  for (const entry of readdirSync(directory, { withFileTypes: true }))
    if (entry.isDirectory()) await removeTree(`${directory}/${entry.name}`);
  for (let attempt = 0; ; attempt += 1) {
    try {
      rmdirSync(directory);
      return;
    } catch (thrown) {
      if (attempt === 100) throw thrown;
      await sleep(20);
    }
  }
}
