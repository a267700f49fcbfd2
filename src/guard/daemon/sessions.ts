import { existsSync } from "node:fs";
import type { HostCgroups } from "../../cgroup/index.ts";
import type { ConstraintOutcome } from "../../report/index.ts";
import { CorralError, counted, quote } from "../../report/index.ts";
import type { SessionSpec } from "../model/index.ts";
import { clearLeftCall } from "../tools/index.ts";
import type { GuardRoot } from "../tree/index.ts";
import { childGroups, ensureGroup, noMemory, passOn, removeEmpty, SessionGroups } from "../tree/index.ts";
import type { Actor, Tell } from "./guard-event.ts";
import type { LiveSession } from "./live-session.ts";
import { Turns } from "./live-session.ts";
import type { Standing } from "./restorer.ts";
import { GuardRestorer } from "./restorer.ts";
import type { SessionStore, StoredSession } from "./session-store.ts";

const nowNs = (): bigint => process.hrtime.bigint();

/** How long the processes of a session that is removed may take to die. */
const killWaitMs = 10_000;

export interface SessionsOptions {
  readonly host: HostCgroups;
  readonly root: GuardRoot;
  readonly store: SessionStore;
  readonly tell: Tell;
  /** Told after sessions came, went or changed. */
  readonly onChange: () => void;
}

const notFound = (name: string): CorralError =>
  new CorralError("SESSION_NOT_FOUND", `there is no session ${quote(name)}`, { object: name });

const lackingOf = (outcomes: readonly ConstraintOutcome[]): readonly string[] =>
  outcomes
    .filter(({ status }) => status !== "applied")
    .map(({ name, status, reason }) => `${name}: ${status}${reason === null ? "" : ` (${reason})`}`);

/** The sessions of one guard: who may do what to them is asked before this. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #live = new Map<string, LiveSession>();
  readonly #turns = new Turns();
  /** Sessions that are about to be made, by name: on record before anything of them is there. */
  readonly #intended = new Map<string, StoredSession>();
  readonly #restorer = new GuardRestorer({
    standing: () => this.#standing(),
    onChange: () => this.#options.onChange(),
    warn: (message) => this.#warn(null, message),
  });
  readonly #over = new AbortController();
  #rootMade = false;
  /** False: what was stored at the start is all there is, and is not to be written over. */
  #isOpen = false;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /**
   * Makes the tree, and takes up what an earlier guard left: its sessions, frozen groups, groups of tool calls (R5).
   * @throws CorralError CGROUP_IO, STATE_UNWRITABLE, NATIVE_MISSING, NATIVE_CALL
   */
  async open(specs: readonly SessionSpec[]): Promise<void> {
    const { root, store } = this.#options;
    const stored = store.read();
    this.#rootMade = stored?.root_made === true || !existsSync(root.directory);
    const remembered = new Map(stored?.sessions.map((one) => [one.spec.name, one]));
    for (const spec of specs) this.#intend(spec, remembered.get(spec.name)?.memory);
    for (const { spec, memory } of remembered.values()) if (!this.#intended.has(spec.name)) this.#intend(spec, memory);
    this.#store();
    const ensured = ensureGroup(root.hierarchy, root.directory, root.offered);
    passOn(root.hierarchy, root.directory, root.offered);
    for (const [controller, reason] of ensured.refused) this.#warn(null, `no session has ${controller}: ${reason}`);
    for (const { spec } of [...this.#intended.values()]) {
      this.#open(spec);
      // It was in a file that has it no more.
      if (spec.origin !== "client" && !specs.includes(spec)) this.#drop(spec.name, "guard");
    }
    this.#isOpen = true;
    this.#save();
    await this.#arm();
  }

  list(): readonly LiveSession[] {
    return [...this.#live.values()];
  }

  /** Those to which something may be done for a while: what it is will be put back whenever the guard dies. */
  covered(): readonly LiveSession[] {
    return this.list().filter(({ groups, spec }) =>
      groups.standingFiles(spec.limits).every(({ path }) => this.#restorer.holds(path)),
    );
  }

  find(name: string): LiveSession | null {
    return this.#live.get(name) ?? null;
  }

  /** @throws CorralError SESSION_NOT_FOUND */
  get(name: string): LiveSession {
    const session = this.find(name);
    if (session === null) throw notFound(name);
    return session;
  }

  /** The session in whose groups a process is, by the path that /proc/PID/cgroup has; null: in none. */
  ofGroup(path: string): LiveSession | null {
    const { directory, hierarchy } = this.#options.root;
    const below = `${directory.slice(hierarchy.mountPoint.length)}/`;
    return path.startsWith(below) ? this.find(path.slice(below.length).split("/", 1)[0] ?? "") : null;
  }

  /** @throws CorralError SESSION_EXISTS, CGROUP_IO, STATE_UNWRITABLE, NATIVE_MISSING, NATIVE_CALL */
  create(spec: SessionSpec): Promise<LiveSession> {
    return this.#turns.take(spec.name, async () => {
      const isThere =
        this.#live.has(spec.name) ||
        childGroups(this.#options.root.directory).some((one) => one.endsWith(`/${spec.name}`));
      if (isThere)
        throw new CorralError("SESSION_EXISTS", `a session or group has the name ${quote(spec.name)} already`, {
          object: spec.name,
        });
      this.#intend(spec);
      try {
        this.#save();
        this.#open(spec);
        this.#save();
        await this.#arm();
      } catch (thrown) {
        this.#abandon(spec.name);
        this.#orWarn(spec.name, () => this.#save());
        throw thrown;
      }
      return this.get(spec.name);
    });
  }

  /** Changes class, limits or tools. @throws as create does, and SESSION_NOT_FOUND */
  update(name: string, change: (spec: SessionSpec) => SessionSpec, by: Actor): Promise<LiveSession> {
    return this.#turns.take(name, async () => {
      const before = this.get(name);
      const spec = change(before.spec);
      before.groups.note(spec.limits);
      const after = this.#set({ ...before, spec });
      this.#save();
      before.groups.limit(spec.limits);
      before.groups.nest(spec);
      this.#save();
      await this.#arm();
      this.#options.tell({
        event: "SESSION_CHANGED",
        session: name,
        class: spec.class,
        lacking: lackingOf(before.groups.outcomes),
        by,
      });
      return after;
    });
  }

  /**
   * Takes a session away; one of the file only the guard itself, whose time to live it is. @param kill end its processes; without it they are in the way
   * @throws CorralError SESSION_NOT_FOUND, SESSION_BUSY
   */
  remove(name: string, kill: boolean, by: Actor): Promise<void> {
    return this.#turns.take(name, async () => {
      const { groups, spec } = this.get(name);
      if (spec.origin !== "client" && by !== "guard") {
        throw new CorralError("SESSION_BUSY", `the session ${quote(name)} is always there or in the guard's file`, {
          object: name,
          fix: "take it out of the file and send the guard HUP",
        });
      }
      const count = groups.processes().length;
      if (count > 0 && !(kill && (await groups.kill(killWaitMs)))) {
        throw new CorralError(
          "SESSION_BUSY",
          `the session ${quote(name)} has ${counted(count, "process", "processes")}`,
          {
            object: name,
            found: String(count),
            fix: "end them first, or remove it with --kill",
          },
        );
      }
      this.#drop(name, by);
      this.#save();
      await this.#arm();
    });
  }

  /**
   * Stops every process of a session until somebody lets them go on, `mostMs` at most.
   * @throws CorralError SESSION_NOT_FOUND; NOT_FROZEN when a task does not stop in time, and then all go on
   */
  freeze(name: string, by: Actor, mostMs: number): Promise<LiveSession> {
    return this.#turns.take(name, async () => {
      const before = this.get(name);
      if (before.freeze !== null) return before;
      const timer = setTimeout(() => void this.thaw(name, "guard").catch(() => {}), mostMs);
      timer.unref();
      const session = this.#set({ ...before, freeze: { by, sinceNs: nowNs(), timer } });
      const complete = await session.groups.setFrozen(true);
      this.#options.tell({ event: "FROZEN", session: name, by, complete, most_ms: mostMs });
      if (complete) return session;
      await this.#thaw(name, "guard");
      throw new CorralError("NOT_FROZEN", `a process of the session ${quote(name)} did not stop in time; all go on`, {
        object: name,
      });
    });
  }

  /** @throws CorralError SESSION_NOT_FOUND */
  thaw(name: string, by: Actor): Promise<LiveSession> {
    return this.#turns.take(name, () => this.#thaw(name, by));
  }

  async #thaw(name: string, by: Actor): Promise<LiveSession> {
    const { freeze, ...before } = this.get(name);
    if (freeze === null) return this.get(name);
    clearTimeout(freeze.timer);
    const complete = await before.groups.setFrozen(false);
    // Whoever closes the guard waits for nobody's turn.
    if (this.find(name)?.groups !== before.groups) throw notFound(name);
    const lastedNs = nowNs() - freeze.sinceNs;
    const session = this.#set({ ...before, freeze: null, thawedNs: before.thawedNs + lastedNs });
    this.#options.tell({ event: "THAWED", session: name, by, frozen_ms: Number(lastedNs) / 1e6, complete });
    return session;
  }

  /** Gives a session another cpu.weight for a while, never more than its own; null: its own. @throws CorralError SESSION_NOT_FOUND, CGROUP_IO */
  weigh(name: string, weight: number | null): void {
    const { groups, spec } = this.get(name);
    groups.weigh(weight === null ? null : Math.min(weight, spec.limits.cpuWeight), spec.limits);
  }

  /** Uses the sessions of a file that was read again; those of clients stay. One after the other. */
  async reload(specs: readonly SessionSpec[]): Promise<void> {
    for (const spec of specs) {
      const before = this.find(spec.name);
      if (before === null) await this.create(spec);
      else if (JSON.stringify(before.spec) !== JSON.stringify(spec)) await this.update(spec.name, () => spec, "guard");
    }
    const kept = new Set(specs.map(({ name }) => name));
    for (const { spec } of this.list())
      if (!kept.has(spec.name)) await this.#turns.take(spec.name, async () => this.#dropUnlessClients(spec.name));
    this.#save();
    await this.#arm();
  }

  #dropUnlessClients(name: string): void {
    const session = this.find(name);
    if (session !== null && session.spec.origin !== "client") this.#drop(name, "guard");
  }

  /**
   * Ends the care for all sessions; processes go on.
   * @param how release: limits and freezes are taken back, and empty groups removed. keep: limits stay for the next guard
   * @returns what could not be put back
   */
  async close(how: "release" | "keep"): Promise<readonly string[]> {
    this.#over.abort(new Error("the guard ends"));
    for (const { freeze, groups } of this.list()) {
      if (freeze !== null) clearTimeout(freeze.timer);
      groups.thawAll();
    }
    const left = how === "keep" ? [] : this.list().flatMap(({ groups }) => groups.release());
    if (how === "release") this.#live.clear();
    this.#save();
    await this.#restorer.dismiss();
    if (how === "release" && this.#rootMade) removeEmptyRoot(this.#options.root.directory);
    return left;
  }

  #intend(spec: SessionSpec, remembered = noMemory): void {
    const { host, root } = this.#options;
    this.#intended.set(spec.name, { spec, memory: SessionGroups.intend(host, root, spec, remembered) });
  }

  /** Makes a session that is on record. */
  #open(spec: SessionSpec): void {
    const { host, root, tell } = this.#options;
    const { memory } = this.#intended.get(spec.name) ?? { memory: noMemory };
    const groups = SessionGroups.open(host, root, spec, memory);
    this.#set({ spec, groups, since: new Date().toISOString(), freeze: null, thawedNs: 0n });
    this.#intended.delete(spec.name);
    const adopted = memory.made.length > 0 || groups.memory.made.length < 3;
    if (adopted) {
      groups.thawAll();
      groups.unprotect(spec.limits);
    }
    // One that is not to be cleared now is so by the next guard.
    for (const call of childGroups(groups.places.tools))
      void clearLeftCall(call, spec, groups.places.framework, this.#over.signal).catch(() => {});
    tell({ event: "SESSION_CREATED", session: spec.name, class: spec.class, owner: spec.owner, adopted });
    for (const lack of lackingOf(groups.outcomes)) this.#warn(spec.name, lack);
  }

  /** Takes back a session that could not be made. */
  #abandon(name: string): void {
    for (const path of this.#intended.get(name)?.memory.making?.toReversed() ?? []) removeEmpty(path);
    this.#intended.delete(name);
    if (this.#live.has(name)) this.#drop(name, "guard");
  }

  #drop(name: string, by: Actor): void {
    const { groups, freeze, spec } = this.get(name);
    if (freeze !== null) clearTimeout(freeze.timer);
    this.#restorer.forget(groups.standingFiles(spec.limits).map(({ path }) => path));
    // First, so that nobody is placed into what goes.
    this.#live.delete(name);
    this.#options.onChange();
    const not_restored = groups.release();
    this.#options.tell({ event: "SESSION_REMOVED", session: name, not_restored, by });
  }

  #set(session: LiveSession): LiveSession {
    this.#live.set(session.spec.name, session);
    return session;
  }

  #save(): void {
    if (this.#isOpen) this.#store();
  }

  #store(): void {
    const live = this.list().map(({ spec, groups }) => ({ spec, memory: groups.memory }));
    this.#options.store.write({ root_made: this.#rootMade, sessions: [...live, ...this.#intended.values()] });
  }

  async #arm(): Promise<void> {
    await this.#restorer.arm();
    this.#options.onChange();
  }

  /** What every session holds when nothing temporary is done to it. */
  #standing(): readonly Standing[] {
    return this.list().flatMap(({ groups, spec }) => groups.standingFiles(spec.limits));
  }

  #orWarn(session: string | null, work: () => void): void {
    try {
      work();
    } catch (thrown) {
      this.#warn(session, CorralError.from(thrown).message);
    }
  }

  #warn(session: string | null, message: string): void {
    this.#options.tell({ event: "WARNING", session, message });
  }
}

/** Only when nothing is below it: other groups there are not ours. */
function removeEmptyRoot(directory: string): void {
  if (childGroups(directory).length === 0) removeEmpty(directory);
}
