import { watch } from "node:fs";
import type { Controller, GroupSite, GroupUse, HostCgroups, PlannedLimit } from "../../../cgroup/index.ts";
import {
  applyLimits,
  discoverHostCgroups,
  GroupHandle,
  hierarchyOf,
  mayClimb,
  readControl,
  reclaimMemory,
  selectParent,
  systemdIsRunning,
  writeControlAside,
} from "../../../cgroup/index.ts";
import type { Tether } from "../../../kernel/index.ts";
import { startTether } from "../../../kernel/index.ts";
import { CorralError } from "../../../report/index.ts";
import type { GroupFiles } from "../groups/group-files.ts";
import { clearGroups } from "./clear-groups.ts";
import { killGroupAt } from "./kill-group.ts";
import { leafOf } from "./leftovers.ts";
import type { ScenarioMark } from "./scenario-record.ts";

const cannot = (message: string, details: { readonly object?: string; readonly fix?: string } = {}): CorralError =>
  new CorralError("SCENARIO_HOST", message, details);

/** The hierarchies that a scenario spans: the v2 mount, and those that own its controllers. */
function sitesFor(host: HostCgroups, controllers: readonly Controller[], parent: string | null): readonly GroupSite[] {
  const { unified } = host;
  if (unified === null) throw cannot("a scenario needs a cgroup v2 mount", { fix: "mount one, or use corral vm run" });
  const missing = controllers.filter((one) => host.owner[one] === undefined);
  if (missing.length > 0) {
    throw cannot(
      `no mounted cgroup hierarchy has the ${missing.length > 1 ? "controllers" : "controller"} ${missing.join(", ")}`,
      {
        object: missing.join(","),
        fix: "run the scenario in corral vm, or without what needs them",
      },
    );
  }
  const climb = mayClimb(process.getuid?.() ?? 0, systemdIsRunning());
  return host.hierarchies
    .map((hierarchy) => ({ hierarchy, needed: controllers.filter((one) => host.owner[one] === hierarchy) }))
    .filter(({ hierarchy, needed }) => needed.length > 0 || hierarchy === unified)
    .map(({ hierarchy, needed }) => {
      const found = selectParent({ host, hierarchy, needed, explicit: parent, ownPid: process.pid, climb });
      if ("reason" in found) throw cannot(`the scenario's group cannot be made: ${found.reason}`);
      return { parent: found, controllers: needed, optional: [] };
    });
}

/** @throws CorralError CGROUP_IO when a controller could not be had, or the v2 group, which may have none and is needed all the same */
function makeWhole(leaf: string, sites: readonly GroupSite[]): GroupHandle {
  const handle = GroupHandle.create(leaf, sites);
  const [first] = handle.refused;
  if (first === undefined && handle.unified !== null) return handle;
  handle.remove();
  if (first === undefined)
    throw new CorralError("CGROUP_IO", `the group ${leaf} cannot be made on cgroup v2`, {
      object: leaf,
      fix: "see cgroup.max.descendants and cgroup.max.depth of the groups above it",
    });
  throw new CorralError("CGROUP_IO", `the group ${leaf} cannot have ${first[0]}: ${first[1]}`, { object: leaf });
}

/** The groups of a scenario in the kernel, on whatever hierarchies the host has. */
export class HostGroups implements GroupFiles {
  readonly host: HostCgroups = discoverHostCgroups();
  readonly #mark: ScenarioMark;
  readonly #parent: string | null;
  readonly #clearWaitMs: number;
  readonly #groups = new Map<string, GroupHandle>();
  /** Told of a group that is about to go, with all below it when it is the scenario's own. */
  onGone: (name: string) => void = () => {};
  #tether: Tether | null = null;

  /**
   * @param parent as `--cgroup-parent`; null: where a job's group would be made
   * @param clearWaitMs how long what is left in them may take to be gone at the end
   */
  constructor(mark: ScenarioMark, parent: string | null, clearWaitMs: number) {
    this.#mark = mark;
    this.#parent = parent;
    this.#clearWaitMs = clearWaitMs;
  }

  /** @throws CorralError SCENARIO_HOST, CGROUP_IO, CGROUP_PARENT */
  open = async (controllers: readonly Controller[]): Promise<void> => {
    const sites = sitesFor(this.host, controllers, this.#parent);
    const leaf = leafOf(this.#mark.record.run_id);
    this.#mark.change({ planned_groups: sites.map(({ parent }) => `${parent.directory}/${leaf}`) });
    const root = makeWhole(leaf, sites);
    this.#groups.set("", root);
    this.#mark.change({ planned_groups: [], groups: root.directories });
    const kill = `${this.directory("")}/cgroup.kill`;
    this.#tether = await startTether({ graceMs: 0, procs: [], kill, rmdir: [], pgid: null });
  };

  /** The handle of a group. @throws CorralError CGROUP_IO (ENOENT) for one that is not there */
  group = (name: string): GroupHandle => {
    const found = this.#groups.get(name);
    if (found !== undefined) return found;
    throw new CorralError("CGROUP_IO", `there is no group ${name}`, { object: name, found: "ENOENT" });
  };

  isThere = (name: string): boolean => this.#groups.has(name);

  make = async (name: string): Promise<void> => {
    const parts = name.split("/");
    const above = this.group(parts.slice(0, -1).join("/"));
    const sites = above.directories.flatMap(({ path: directory, controllers }) => {
      const hierarchy = hierarchyOf(this.host, directory);
      if (hierarchy === null) return [];
      return [{ parent: { hierarchy, directory, stepAside: false }, controllers, optional: [] }];
    });
    this.#groups.set(name, makeWhole(parts.at(-1) ?? "", sites));
  };

  remove = async (name: string): Promise<void> => {
    this.onGone(name);
    const left = this.group(name).remove();
    if (left.length > 0)
      throw new CorralError("CGROUP_IO", `cannot remove ${left.join(", ")}`, { object: name, found: "EBUSY" });
    this.#groups.delete(name);
  };

  has = (controller: Controller): boolean => this.#groups.get("")?.directoryOf(controller) != null;
  read = (name: string, use: GroupUse, file: string): string => readControl(`${this.#directoryOf(name, use)}/${file}`);
  write = (name: string, use: GroupUse, file: string, value: string): Promise<void> =>
    writeControlAside(`${this.#directoryOf(name, use)}/${file}`, value, false);
  /** All in one step: each way to a thread and back takes longer than the kernel does. */
  limitNew = async (name: string, planned: readonly PlannedLimit[]) => {
    const group = this.group(name);
    return applyLimits(planned, (controller) => group.directoryOf(controller));
  };
  kill = (name: string): Promise<void> => killGroupAt(this.directory(name));
  reclaim = (name: string, bytes: number, swappiness: number | null) =>
    reclaimMemory(this.#directoryOf(name, "memory"), bytes, swappiness);

  /** In all hierarchies at once: none waits for another. */
  join = async (name: string, pid: number): Promise<void> => {
    const { directories } = this.group(name);
    const joined = await Promise.allSettled(
      directories.map(({ path }) => writeControlAside(`${path}/cgroup.procs`, String(pid), false)),
    );
    const refused = joined.find((one) => one.status === "rejected");
    if (refused !== undefined) throw refused.reason;
  };

  members = (name: string): number[] => this.group(name).processes();

  watch = (name: string, use: GroupUse, file: string, onChange: () => void): (() => void) => {
    const watcher = watch(`${this.#directoryOf(name, use)}/${file}`, onChange);
    // A group that is removed ends its watch.
    watcher.on("error", onChange);
    return () => watcher.close();
  };

  inheritedCpus = (name: string): string => {
    const directory = this.#directoryOf(name, "cpuset");
    if (this.host.owner.cpuset?.version === 2) return "";
    return readControl(`${directory.slice(0, directory.lastIndexOf("/"))}/cpuset.cpus`).trim();
  };

  directory = (name: string): string => this.#directoryOf(name, "unified");

  /** `tasks` files of the v1 hierarchies, for programs that join by themselves. */
  joins = (name: string): readonly string[] =>
    this.group(name)
      .directories.filter(({ version }) => version === 1)
      .map(({ path }) => `${path}/tasks`);

  /** @throws CorralError CGROUP_IO when something of the scenario is left: `corral gc` tries again */
  close = async (): Promise<void> => {
    const root = this.#groups.get("");
    for (const name of this.#groups.keys()) this.onGone(name);
    if (root !== undefined) {
      const left = await clearGroups(root.directories, this.#clearWaitMs, () => root.remove());
      if (left.length > 0) {
        throw new CorralError("CGROUP_IO", `groups of the scenario are left: ${left.join(", ")}`, {
          object: left[0] ?? "",
          fix: "corral gc removes them once nothing is in them",
        });
      }
    }
    this.#tether?.goodbye();
    this.#groups.clear();
    this.#mark.change({ planned_groups: [], groups: [] });
  };

  #directoryOf(name: string, use: GroupUse): string {
    const group = this.group(name);
    const directory = use === "unified" ? group.unified?.path : group.directoryOf(use);
    if (directory != null) return directory;
    throw new CorralError("CGROUP_IO", `the group ${name} has no ${use} controller`, { object: name, found: "ENOENT" });
  }
}
