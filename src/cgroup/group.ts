import { mkdirSync, rmdirSync } from "node:fs";
import { dirname } from "node:path";
import type { FileAnswer } from "../kernel/index.ts";
import { doFileCalls } from "../kernel/index.ts";
import { CorralError } from "../report/index.ts";
import { explainErrno, readControl, tryReadControl, writeControl } from "./control-file.ts";
import type { Controller, Hierarchy } from "./hierarchy.ts";
import type { Parent } from "./placement.ts";

/** One directory of a group, in one hierarchy. Recorded with its inode, so that only what Corral made is ever removed. */
export interface GroupDirectory {
  readonly path: string;
  readonly version: 1 | 2;
  readonly controllers: readonly Controller[];
  readonly device: number;
  readonly inode: number;
}

/** Where one directory of a group is to be made and which controllers it must have. */
export interface GroupSite {
  readonly parent: Parent;
  /** Controllers the group must have. */
  readonly controllers: readonly Controller[];
  /** Controllers it has where that is possible; a site with only these is left out when it cannot be made. */
  readonly optional: readonly Controller[];
}

/** What stepping aside changed, to be undone when the group is removed. */
interface SteppedAside {
  readonly pid: number;
  readonly parent: string;
  readonly leaf: string;
  readonly enabled: readonly string[];
}

const missing = (directory: string, controllers: readonly Controller[]): Controller[] => {
  const enabled = (tryReadControl(`${directory}/cgroup.subtree_control`) ?? "").trim().split(/\s+/);
  return controllers.filter((controller) => !enabled.includes(controller));
};

/**
 * Enables controllers for the children of `directory`, from the mount downwards where an ancestor has
 * not passed them on yet (cgroup-v2.rst, "Top-down Constraint").
 * @returns the controllers newly enabled in `directory` itself
 * @throws CorralError CGROUP_IO
 */
export function enableControllers(
  hierarchy: Hierarchy,
  directory: string,
  controllers: readonly Controller[],
): string[] {
  const needed = missing(directory, controllers);
  if (needed.length === 0) return [];
  if (directory !== hierarchy.mountPoint) {
    const offered = readControl(`${directory}/cgroup.controllers`).trim().split(/\s+/);
    const absent = needed.filter((controller) => !offered.includes(controller));
    if (absent.length > 0) enableControllers(hierarchy, dirname(directory), absent);
  }
  writeControl(`${directory}/cgroup.subtree_control`, needed.map((controller) => `+${controller}`).join(" "));
  return needed;
}

/** v1 cpuset groups start empty and accept no process until they have CPUs and memory nodes. */
function seedCpuset(directory: string): void {
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    if (tryReadControl(`${directory}/${file}`)?.trim() !== "") continue;
    writeControl(`${directory}/${file}`, readControl(`${dirname(directory)}/${file}`).trim());
  }
}

/** What a new group will have: its controllers, those newly enabled for it, and those it must do without. */
interface Settled {
  readonly controllers: readonly Controller[];
  readonly enabled: readonly string[];
  readonly refused: ReadonlyMap<Controller, string>;
}

/**
 * A group with processes that passes on a controller becomes threaded when the controller can be (cgroup-v2.rst,
 * "Threads"), and then no process can join a group below it. Counting is not worth that; the root is exempt.
 */
function wouldTurnThreaded({ parent: { directory, hierarchy, stepAside: isVacated }, optional }: GroupSite): boolean {
  if (hierarchy.version === 1 || isVacated || optional.length === 0) return false;
  return tryReadControl(`${directory}/cgroup.type`) !== null && tryReadControl(`${directory}/cgroup.procs`) !== "";
}

/**
 * Enables what can be enabled; one controller that cannot be had costs only itself.
 * @throws CorralError CGROUP_IO when not one of the mandatory controllers can be had
 */
function settleControllers(site: GroupSite): Settled {
  const { hierarchy, directory } = site.parent;
  const left = wouldTurnThreaded(site) ? missing(directory, site.optional) : [];
  const all = [...site.controllers, ...site.optional].filter((controller) => !left.includes(controller));
  if (hierarchy.version === 1) return { controllers: all, enabled: [], refused: new Map() };
  const enabled: string[] = [];
  const failures = new Map<Controller, CorralError>();
  for (const controller of all) {
    try {
      enabled.push(...enableControllers(hierarchy, directory, [controller]));
    } catch (thrown) {
      failures.set(controller, CorralError.from(thrown));
    }
  }
  const refused = site.controllers.filter((controller) => failures.has(controller));
  const first = refused[0];
  if (first !== undefined && refused.length === site.controllers.length) throw failures.get(first) as CorralError;
  return {
    controllers: all.filter((controller) => !failures.has(controller)),
    enabled,
    refused: new Map(refused.map((one) => [one, `${directory} cannot pass on the controller ${one}`] as const)),
  };
}

/** @param answer of the call that made it @throws CorralError CGROUP_IO, `found` being the errno */
function madeDirectory(
  { parent: { hierarchy } }: GroupSite,
  path: string,
  controllers: readonly Controller[],
  answer: FileAnswer,
): GroupDirectory {
  if ("errno" in answer) {
    throw new CorralError("CGROUP_IO", `cannot create the group ${path}: ${explainErrno(answer.errno)}`, {
      object: path,
      found: answer.errno,
    });
  }
  const [device = 0, inode = 0] = answer.text.split(" ").map(Number);
  return { path, version: hierarchy.version, controllers, device, inode };
}

/** Moves a process into a child of its own group, so that the group may have controllers (no internal processes). */
function stepAside(pid: number, parent: string, leaf: string): SteppedAside {
  const path = `${parent}/${leaf}-supervisor`;
  mkdirSync(path);
  writeControl(`${path}/cgroup.procs`, String(pid));
  return { pid, parent, leaf: path, enabled: [] };
}

/** One that has ended needs no way back. */
function moveBack({ pid, parent }: SteppedAside): void {
  try {
    writeControl(`${parent}/cgroup.procs`, String(pid));
  } catch (thrown) {
    if (CorralError.from(thrown).found !== "ESRCH") throw thrown;
  }
}

function stepBack(aside: SteppedAside): void {
  try {
    writeControl(`${aside.parent}/cgroup.subtree_control`, aside.enabled.map((name) => `-${name}`).join(" "));
    moveBack(aside);
    rmdirSync(aside.leaf);
  } catch {
    // Another job of the same process may still live below the parent; the last one to end succeeds.
  }
}

/** A group that Corral made: one directory in each hierarchy that its limits or its tracking need. */
export class GroupHandle {
  readonly directories: readonly GroupDirectory[];
  readonly #aside: SteppedAside | null;

  /** Mandatory controllers that the group had to be made without, each with the reason. */
  readonly refused: ReadonlyMap<Controller, string>;

  constructor(
    directories: readonly GroupDirectory[],
    aside: SteppedAside | null = null,
    refused: ReadonlyMap<Controller, string> = new Map(),
  ) {
    this.directories = directories;
    this.#aside = aside;
    this.refused = refused;
  }

  /** This group with other directories: those that it has been given since. */
  withDirectories(directories: readonly GroupDirectory[]): GroupHandle {
    return new GroupHandle(directories, this.#aside, this.refused);
  }

  /** The v2 directory, with or without controllers, or null on a pure v1 host. */
  get unified(): GroupDirectory | null {
    return this.directories.find((directory) => directory.version === 2) ?? null;
  }

  /** The directory that has a controller's files, or null. */
  directoryOf(controller: Controller): string | null {
    return this.directories.find((directory) => directory.controllers.includes(controller))?.path ?? null;
  }

  /** Pids in the group now; every directory is asked, since v1 membership is per hierarchy. */
  processes(): number[] {
    return [...new Set(this.members().map(({ pid }) => pid))].sort((a, b) => a - b);
  }

  /** The pids of every directory, those of other pid namespaces left out. */
  members(): { readonly pid: number; readonly directory: string }[] {
    return this.directories.flatMap(({ path }) =>
      (tryReadControl(`${path}/cgroup.procs`) ?? "")
        .split("\n")
        .filter((line) => line !== "" && line !== "0")
        .map((line) => ({ pid: Number(line), directory: path })),
    );
  }

  /** True while a process, or a group with one, is inside. */
  isPopulated(): boolean {
    const events = this.unified === null ? null : tryReadControl(`${this.unified.path}/cgroup.events`);
    if (events !== null && /^populated 1$/m.test(events)) return true;
    return this.processes().length > 0;
  }

  /**
   * Removes the group when the kernel says that nobody is in it, without asking every directory who is.
   * @returns false when somebody is, nothing can say so (no v2 mount), or a directory is left; `remove` tells which
   */
  removeIfVacant(): boolean {
    const events = this.unified === null ? null : tryReadControl(`${this.unified.path}/cgroup.events`);
    return events !== null && /^populated 0$/m.test(events) && this.remove().length === 0;
  }

  /** Sends a signal to every process now in the group; those that end meanwhile are passed over. */
  signal(signal: NodeJS.Signals): void {
    for (const pid of this.processes()) signalQuietly(pid, signal);
  }

  /**
   * Kills the whole group: cgroup.kill where there is a v2 directory, else SIGKILL until none is left to
   * signal. Returns at once; await the group's end with isPopulated().
   */
  kill(): void {
    if (this.unified !== null) {
      try {
        writeControl(`${this.unified.path}/cgroup.kill`, "1");
        return;
      } catch {
        // Kernels before 5.14 have no cgroup.kill.
      }
    }
    this.signal("SIGKILL");
  }

  /**
   * Stops (true) or resumes (false) every process of the group.
   * @throws CorralError CGROUP_IO when neither the v2 freezer nor a v1 freezer group is there
   */
  setFrozen(frozen: boolean): void {
    if (this.unified !== null) return writeControl(`${this.unified.path}/cgroup.freeze`, frozen ? "1" : "0");
    const freezer = this.directoryOf("freezer");
    if (freezer === null)
      throw new CorralError("CGROUP_IO", "the group has no freezer: no v2 mount and no v1 freezer directory");
    writeControl(`${freezer}/freezer.state`, frozen ? "FROZEN" : "THAWED");
  }

  /**
   * Removes the directories, each only while it is the one Corral made and empty.
   * @returns the paths that are still there
   */
  remove(): string[] {
    const left = removeDirectories(this.directories).map(({ path }) => path);
    if (left.length === 0 && this.#aside !== null) stepBack(this.#aside);
    return left;
  }

  /**
   * Makes the directories of a group. All or nothing: a failure removes what was made.
   * @param ownPid the process that steps aside where a site wants that
   * @throws CorralError CGROUP_IO naming the directory, `found` being the errno
   */
  static create(leaf: string, sites: readonly GroupSite[], ownPid: number = process.pid): GroupHandle {
    const places: Place[] = [];
    const made: GroupDirectory[] = [];
    let aside: SteppedAside | null = null;
    try {
      for (const site of sites) {
        if (site.parent.stepAside) aside = stepAside(ownPid, site.parent.directory, leaf);
        const settled = settleSite(site);
        if (aside !== null && site.parent.stepAside) aside = { ...aside, enabled: settled?.enabled ?? [] };
        if (settled !== null) places.push({ site, settled, path: `${site.parent.directory}/${leaf}` });
      }
      const failure = makeDirectories(places, made);
      if (failure !== null) throw failure;
      const refused = new Map(places.flatMap(({ settled }) => [...settled.refused]));
      return new GroupHandle(made, aside, refused);
    } catch (cause) {
      new GroupHandle(made, aside).remove();
      throw cause;
    }
  }
}

/** A directory that is to be made. */
interface Place {
  readonly site: GroupSite;
  readonly settled: Settled;
  readonly path: string;
}

/** A site without mandatory controllers may come to nothing: null. @throws CorralError CGROUP_IO */
function settleSite(site: GroupSite): Settled | null {
  try {
    return settleControllers(site);
  } catch (cause) {
    if (site.controllers.length > 0) throw cause;
    return null;
  }
}

/** Makes them all at once. @param made is given those that stand @returns why a mandatory one does not, null when all do */
function makeDirectories(places: readonly Place[], made: GroupDirectory[]): CorralError | null {
  const answers = doFileCalls(places.map(({ path }) => ({ call: "make", path })));
  let failure: CorralError | null = null;
  for (const [index, { site, settled, path }] of places.entries()) {
    try {
      const directory = madeDirectory(site, path, settled.controllers, answers[index] ?? { errno: "EIO" });
      made.push(directory);
      if (directory.version === 1 && settled.controllers.includes("cpuset")) seedCpuset(path);
    } catch (thrown) {
      if (site.controllers.length > 0) failure ??= CorralError.from(thrown);
    }
  }
  return failure;
}

/** Sends a signal to a pid, ignoring that it may be gone. */
export function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone meanwhile, or not ours to signal: the caller re-reads the group.
  }
}

/** @returns those that are still there; one that is gone, or was never this one, is not */
function removeDirectories(directories: readonly GroupDirectory[]): GroupDirectory[] {
  const answers = doFileCalls(
    directories.map(({ path, device, inode }) => ({ call: "remove", path, identity: `${device} ${inode}` })),
  );
  return directories.filter((_, index) => "errno" in (answers[index] ?? {}));
}

/** True when the directory is gone afterwards, or was never this one. */
export const removeDirectory = (directory: GroupDirectory): boolean => removeDirectories([directory]).length === 0;
