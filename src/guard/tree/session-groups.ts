import { existsSync, statSync } from "node:fs";
import type { Controller, GroupUsage, HostCgroups, Limits } from "../../cgroup/index.ts";
import {
  applyLimits,
  freezerState,
  GroupHandle,
  planLimits,
  processesBelow,
  readUsage,
  tryReadControl,
  writeControl,
} from "../../cgroup/index.ts";
import type { ConstraintOutcome } from "../../report/index.ts";
import { waitUntil } from "../../run/jobs/index.ts";
import type { SessionSpec } from "../model/index.ts";
import { inGuardWords } from "../model/index.ts";
import { childGroups, groupsBelow, removeAtOnce, removeEmpty } from "./directories.ts";
import type { EnsuredGroup } from "./ensure-group.ts";
import { ensureGroup, makeGroup, passOn, vacate } from "./ensure-group.ts";
import type { GuardRoot } from "./guard-root.ts";
import type { MemoryStanding } from "./memory-standing.ts";
import { plainMemoryStanding, readMemoryStanding, standingMemory, standingWrites } from "./memory-standing.ts";
import { noNesting, planNesting } from "./nesting.ts";
import type { Before } from "./standing.ts";
import { applyWrites, noteBefore, planRelease, unplanned } from "./standing.ts";
import type { SessionPlaces } from "./tree-plan.ts";
import { sessionPlaces } from "./tree-plan.ts";

/** What must be remembered of groups so that a later daemon, or this one at its end, can undo them. */
export interface GroupMemory {
  /** `dev:inode` of the groups that the guard made; others are left when the session goes. */
  readonly made: readonly string[];
  /** What the session's control files held before the guard wrote to them. */
  readonly before: Before;
  /**
   * Groups that were not there when the guard began to make them, parents first. Of one that was killed then, they are what stands
   * in the state file: nobody was told of them. Absent: none.
   */
  readonly making?: readonly string[];
}

export const noMemory: GroupMemory = { made: [], before: {} };

const keyOf = ({ directory: { device, inode } }: EnsuredGroup): string => `${device}:${inode}`;
const keyOfStat = ({ dev, ino }: { readonly dev: number; readonly ino: number }): string => `${dev}:${ino}`;

/** How long the tasks of a session may take to stop: one that sleeps in reclaim takes up to two seconds (R22). */
const freezeWaitMs = 2500;

/** The groups of one session: made or found, limited, frozen, emptied and taken away. */
export class SessionGroups {
  readonly places: SessionPlaces;
  readonly #host: HostCgroups;
  readonly #parts: readonly EnsuredGroup[];
  readonly #session: GroupHandle;
  #memory: GroupMemory;
  readonly #found: MemoryStanding;
  #outcomes: readonly ConstraintOutcome[] = [];

  private constructor(host: HostCgroups, places: SessionPlaces, parts: readonly EnsuredGroup[], memory: GroupMemory) {
    this.#host = host;
    this.places = places;
    this.#parts = parts;
    this.#memory = memory;
    this.#session = new GroupHandle(parts.slice(0, 1).map(({ directory }) => directory));
    const isOurs = parts[0] !== undefined && memory.made.includes(keyOf(parts[0]));
    this.#found = isOurs ? plainMemoryStanding : readMemoryStanding(places.session);
  }

  /**
   * What is to be on record before `open` makes and limits anything, so that it can be undone whenever the guard is killed. Clears
   * away what one that was killed has half made.
   * @param remembered of an earlier daemon of this boot
   */
  static intend(host: HostCgroups, root: GuardRoot, spec: SessionSpec, remembered: GroupMemory): GroupMemory {
    const { session, framework, tools } = sessionPlaces(root, spec.name);
    const { making = [] } = remembered;
    const stuck = making.toReversed().filter((path) => !removeAtOnce(path) && existsSync(path));
    return {
      made: [...remembered.made, ...stuck.map((path) => keyOfStat(statSync(path)))],
      before: noteBefore(remembered.before, session, planLimits(spec.limits, host).planned),
      making: [session, framework, tools].filter((path) => !existsSync(path)),
    };
  }

  /**
   * The groups of a session below the root, which must be there; what is missing is made. Processes that stand in the
   * session's own group, where the original put them, move on to its framework group: only leaves may hold any.
   * @param remembered what `intend` has said, which is on record
   * @throws CorralError CGROUP_IO
   */
  static open(host: HostCgroups, root: GuardRoot, spec: SessionSpec, remembered: GroupMemory): SessionGroups {
    const { hierarchy, offered } = root;
    const places = sessionPlaces(root, spec.name);
    const session = ensureGroup(hierarchy, places.session, offered);
    const has = offered.filter((one) => !session.refused.has(one));
    const isNew = makeGroup(places.framework);
    vacate(places.session, places.framework);
    const framework = { ...ensureGroup(hierarchy, places.framework, has), made: isNew };
    const tools = ensureGroup(hierarchy, places.tools, has);
    passOn(hierarchy, places.tools, has);
    const parts = [session, framework, tools];
    const made = parts.filter((one) => one.made).map(keyOf);
    const groups = new SessionGroups(host, places, parts, {
      made: [...new Set([...remembered.made, ...made])],
      before: remembered.before,
    });
    groups.limit(spec.limits);
    groups.nest(spec);
    return groups;
  }

  get memory(): GroupMemory {
    return this.#memory;
  }

  /** What became of each limit. */
  get outcomes(): readonly ConstraintOutcome[] {
    return this.#outcomes;
  }

  /** Controllers that the session had to do without. */
  get refused(): ReadonlyMap<Controller, string> {
    return new Map(this.#parts.flatMap((one) => [...one.refused]));
  }

  /** Notes what the files of limits hold that are to be set: it is to be on record before they are. */
  note(limits: Limits): void {
    const { planned } = planLimits(limits, this.#host);
    this.#memory = { ...this.#memory, before: noteBefore(this.#memory.before, this.places.session, planned) };
  }

  /** Sets the limits of the session; those that are not there any more, be they of an earlier guard, go back to what was before. */
  limit(limits: Limits): void {
    this.note(limits);
    const plan = planLimits(limits, this.#host);
    const gone = unplanned(this.#memory.before, plan.planned);
    applyWrites(this.places.session, planRelease(gone));
    const before = Object.entries(this.#memory.before).filter(([name]) => !Object.hasOwn(gone, name));
    this.#memory = { ...this.#memory, before: Object.fromEntries(before) };
    this.#outcomes = inGuardWords([
      ...plan.settled,
      ...applyLimits(plan.planned, (one) => this.#session.directoryOf(one)),
    ]);
  }

  /** Bounds the groups that there may be below the session. */
  nest({ tools }: Pick<SessionSpec, "tools">): void {
    applyWrites(this.places.session, planNesting(tools));
  }

  /** What the files that memory is protected by hold when nothing is done to the session. */
  standing(limits: Limits): MemoryStanding {
    return standingMemory(limits, this.#found);
  }

  /** Every file that is written for a while, as it stands. */
  standingFiles(limits: SessionSpec["limits"]): readonly { readonly path: string; readonly value: string }[] {
    const writes = [
      { file: "cgroup.freeze", value: "0" },
      ...standingWrites(this.standing(limits)),
      { file: "cpu.weight", value: String(limits.cpuWeight) },
    ];
    return writes.map(({ file, value }) => ({ path: `${this.places.session}/${file}`, value }));
  }

  /** Gives the session another share of CPU time for a while. @param weight null: its own. @throws CorralError CGROUP_IO */
  weigh(weight: number | null, limits: Pick<Limits, "cpuWeight">): void {
    writeControl(`${this.places.session}/cpu.weight`, String(weight ?? limits.cpuWeight ?? 100));
  }

  /** Puts back all that protects the memory of others. @returns files that could not be written */
  unprotect(limits: Limits): readonly string[] {
    return applyWrites(this.places.session, standingWrites(this.standing(limits)));
  }

  usage(): GroupUsage {
    return readUsage(this.#session);
  }

  memoryBytes(): number | null {
    const text = tryReadControl(`${this.places.session}/memory.current`)?.trim() ?? "";
    return text === "" ? null : Number(text);
  }

  /** Every process in the session. */
  processes(): readonly number[] {
    return processesBelow(this.places.session);
  }

  isFrozen(): boolean {
    return freezerState(this.#session) !== "thawed";
  }

  /**
   * Stops every process of the session, or lets them go on, and waits until the kernel says that it is so.
   * @returns false when that did not come about in 2.5 s; the order stands
   */
  async setFrozen(frozen: boolean): Promise<boolean> {
    const wanted = frozen ? "frozen" : "thawed";
    this.#session.setFrozen(frozen);
    const reached = await waitUntil(
      () => (freezerState(this.#session) === wanted ? true : null),
      { paths: [`${this.places.session}/cgroup.events`], processes: [], silent: false },
      { timeoutMs: freezeWaitMs, signal: null },
    );
    return reached !== null;
  }

  /** Thaws what is frozen, be it a group of one call. */
  thawAll(): void {
    for (const path of groupsBelow(this.places.session)) {
      if (tryReadControl(`${path}/cgroup.freeze`)?.trim() === "1")
        applyWrites(path, [{ file: "cgroup.freeze", value: "0" }]);
    }
  }

  /** Kills every process of the session and waits until the kernel says that none is left. */
  async kill(waitMs: number): Promise<boolean> {
    this.#session.kill();
    const gone = await waitUntil(
      () => (this.#session.isPopulated() ? null : true),
      { paths: [`${this.places.session}/cgroup.events`], processes: [], silent: false },
      { timeoutMs: waitMs, signal: null },
    );
    return gone !== null;
  }

  /**
   * Takes everything back: thaws, puts the control files back and removes the groups that the guard made and that are empty.
   * Processes stay where they are.
   * @returns what could not be put back or removed
   */
  release(): readonly string[] {
    this.thawAll();
    const writes = [...planRelease(this.#memory.before), ...noNesting];
    const unwritten = applyWrites(this.places.session, writes);
    if (this.#session.isPopulated()) return unwritten;
    for (const path of childGroups(this.places.tools)) removeEmpty(path);
    const ours = this.#parts.filter((one) => this.#memory.made.includes(keyOf(one))).map(({ directory }) => directory);
    return new GroupHandle(ours.toReversed()).remove();
  }
}
