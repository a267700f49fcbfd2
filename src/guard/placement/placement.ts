import type { ExecEvent } from "../../events/index.ts";
import type { ExecMover, ProcessIdentity } from "../../kernel/index.ts";
import { bootId, isSameProcess, listPids, processFacts, readProcText, toPid } from "../../kernel/index.ts";
import type { MatchFacts } from "../../kernel/match/index.ts";
import { CorralError, quote } from "../../report/index.ts";
import type { TargetFacts } from "../../run/attach/index.ts";
import { ourSelf, refuseProtected, targetFacts } from "../../run/attach/index.ts";
import type { MoveInto } from "../../run/moves/index.ts";
import type { Tell } from "../daemon/index.ts";
import type { AdoptDocument, AdoptRequest, PlacementRule, SessionSpec } from "../model/index.ts";
import { groupOfLines } from "../tree/index.ts";
import { execFacts } from "./exec-facts.ts";
import type { GroupName } from "./find-group.ts";
import { findNamedGroup } from "./find-group.ts";
import { moveGroup } from "./move-group.ts";
import type { TreeMover } from "./move-tree.ts";
import { moveTree } from "./move-tree.ts";
import type { QuickMove } from "./quick-places.ts";
import { QuickPlaces } from "./quick-places.ts";
import { RuleFinder } from "./rule-finder.ts";

/** A session as placement sees it. */
export interface Target {
  readonly spec: SessionSpec;
  /** Directory of the group that its processes go to; null: it is only told where they would go. */
  readonly framework: string | null;
}

export interface PlacementOptions {
  readonly tell: Tell;
  readonly target: (session: string) => Target | null;
  /** Name of the session in whose groups a path of /proc/PID/cgroup lies. */
  readonly sessionOf: (group: string) => string | null;
  readonly move: MoveInto;
  /** When anybody was moved last by this guard, by CLOCK_MONOTONIC: what an exec from before says of groups may hold no more. */
  readonly movedNs: () => bigint;
  /** Whether a process whose exec was told still runs, by its source; null: /proc must be asked. */
  readonly stillRuns: (identity: ProcessIdentity) => boolean | null;
  /** Of the source of events; null: it has none. */
  readonly mover: () => ExecMover | null;
  /** Takes note of a move that the source has made, by CLOCK_MONOTONIC. */
  readonly noteMove: (beganNs: bigint, endedNs: bigint) => void;
}

/** A process that a rule may be for. */
interface Candidate {
  readonly facts: MatchFacts;
  readonly identity: ProcessIdentity;
  /** Kernel time of its exec; null: none told of it. */
  readonly execNs: bigint | null;
}

/**
 * Puts processes into sessions: by rules that rest on what a process cannot make up, and when they ask for it themselves. Who
 * is in a session already stays there.
 */
export class Placement {
  readonly #options: PlacementOptions;
  readonly #self = ourSelf();
  readonly #quick: QuickPlaces;
  #finder: RuleFinder;

  constructor(rules: readonly PlacementRule[], options: PlacementOptions) {
    this.#finder = new RuleFinder(rules);
    this.#options = options;
    this.#quick = new QuickPlaces(options.mover, [1, ...this.#self.ancestors]);
  }

  /** Whether anybody is to be placed upon an exec. */
  get hasRules(): boolean {
    return !this.#finder.isEmpty;
  }

  /** Sessions have changed: what the source was told is to be judged anew. */
  forget(): void {
    this.#quick.forget();
  }

  /** A group has come to be known. @param path as /proc/PID/cgroup has it */
  onGroup(id: bigint, path: string): void {
    if (this.#isFree(path)) this.#quick.noteFree(id);
  }

  /** Uses other rules from now on; `scan` looks who they are for. */
  reload(rules: readonly PlacementRule[]): void {
    this.#quick.forget();
    this.#finder = new RuleFinder(rules);
  }

  /** Looks at every process once. */
  scan(): void {
    this.#settle();
    if (this.#finder.isEmpty) return;
    for (const pid of listPids())
      this.#attempt(() => {
        const facts = processFacts(pid);
        const { identity } = facts;
        const rule = this.#isFree(groupOfLines(facts.cgroup)) ? this.#finder.find(facts) : null;
        if (rule !== null && identity !== null) this.#place(rule, { facts, identity, execNs: null });
      });
  }

  /**
   * Places the process of an exec if a rule has it. Never throws.
   * @param group path of the group that it was in then; null: not known
   */
  onExec(event: ExecEvent, group: string | null): void {
    this.#settle();
    if (this.#finder.isEmpty || this.#quick.hasMoved(event)) return;
    this.#attempt(() => {
      const { tgid, timestampNs: execNs } = event;
      const facts = execFacts(event);
      const rule = this.#finder.findFor(event, facts);
      if (rule === null) return;
      const identity = event.identity ?? processFacts(tgid).identity;
      const now = group !== null && execNs > this.#options.movedNs() ? group : groupOf(tgid);
      if (identity === null || !this.#isFree(now) || !this.#place(rule, { facts, identity, execNs })) return;
      if (this.#isFree(group)) this.#learn(rule, event);
    });
  }

  /** The next one of that program, out of that group, is placed by the source. */
  #learn(rule: PlacementRule, event: ExecEvent): void {
    const verdict = this.#finder.remembered(event);
    const directory = this.#options.target(rule.session)?.framework ?? null;
    if (verdict?.ours === rule && directory !== null)
      this.#quick.learn(event, { rule, directory }, verdict.strange === rule);
  }

  /** Whom the source has placed is followed by his descendants from before, and told. */
  #settle(): void {
    for (const moved of this.#quick.take()) this.#follow(moved);
  }

  #follow({ rule, directory, move: { tgid, startTicks, execNs, beganNs, endedNs } }: QuickMove): void {
    const { tell, noteMove } = this.#options;
    noteMove(beganNs, endedNs);
    const root = { bootId: bootId(), pid: toPid(tgid), startTicks };
    const told = { session: rule.session, pid: tgid, rule: rule.name };
    try {
      const processes = 1 + this.#move(root, directory, () => false);
      tell({ event: "PLACED", ...told, processes, after_ms: Number(endedNs - execNs) / 1e6, quick: true });
    } catch (thrown) {
      tell({ event: "PLACEMENT_FAILED", ...told, reason: CorralError.from(thrown).message });
    }
  }

  #attempt(consider: () => void): void {
    try {
      consider();
    } catch {
      // It cannot be looked at: it is gone, or the next scan finds it.
    }
  }

  /** Whether a group is outside of all sessions. @param group null: the process is gone */
  #isFree(group: string | null): boolean {
    return group !== null && this.#options.sessionOf(group) === null;
  }

  /** @returns whether it went */
  #place(rule: PlacementRule, { facts, identity, execNs }: Candidate): boolean {
    const { tell, target } = this.#options;
    const session = target(rule.session);
    if (session === null || !mayHold(session.spec, facts.uids?.real ?? null)) return false;
    const { pid } = identity;
    const told = { session: rule.session, pid, rule: rule.name };
    if (session.framework === null) {
      tell({ event: "WOULD_PLACE", ...told });
      return false;
    }
    try {
      refuseProtected(judgedFacts(facts), this.#self);
      // The group once more: somebody may have joined its call, or been put into a session by other hands, since the exec.
      const isDue = (root: ProcessIdentity): boolean =>
        this.#isFree(groupOf(root.pid)) && (this.#options.stillRuns(root) ?? isSameProcess(root));
      const processes = this.#move(identity, session.framework, isDue);
      // It has ended meanwhile.
      if (processes === 0) return false;
      const after_ms = execNs === null ? null : Number(process.hrtime.bigint() - execNs) / 1e6;
      tell({ event: "PLACED", ...told, processes, after_ms, quick: false });
      return true;
    } catch (thrown) {
      tell({ event: "PLACEMENT_FAILED", ...told, reason: CorralError.from(thrown).message });
      return false;
    }
  }

  /**
   * Puts the process of a client, with its descendants, into a session.
   * @returns how many there were
   * @throws CorralError PROCESS_GONE, PROCESS_PROTECTED, CGROUP_IO
   */
  join(session: string, pid: number): number {
    const facts = processFacts(pid);
    const framework = this.#options.target(session)?.framework ?? null;
    if (facts.identity === null || framework === null)
      throw new CorralError("PROCESS_GONE", `process ${pid} does not exist any more`, { object: String(pid) });
    refuseProtected(targetFacts(facts), this.#self);
    const processes = this.#move(facts.identity, framework);
    this.#tellAsked(session, pid, processes);
    return processes;
  }

  /**
   * Puts processes into a session on behalf of who runs the host: one with its descendants, or all of a unit or container.
   * @param mountPoint of cgroup v2
   * @throws CorralError USAGE, PROCESS_GONE, PROCESS_PROTECTED, SESSION_BUSY, CGROUP_IO
   */
  adopt(session: string, wanted: AdoptRequest, mountPoint: string): AdoptDocument {
    if ("pid" in wanted) return this.#adoptTree(session, wanted.pid);
    const named: GroupName =
      "unit" in wanted ? { kind: "unit", name: wanted.unit } : { kind: "container", name: wanted.container };
    const group = findNamedGroup(named);
    this.#refuseHeld(group, named.name);
    const framework = this.#options.target(session)?.framework ?? "";
    const judge = (pid: number): void => refuseProtected(targetFacts(processFacts(pid)), this.#self);
    const { moved, left } = this.#alone(() => moveGroup(`${mountPoint}${group}`, framework, this.#options.move, judge));
    const [pid] = moved;
    if (pid !== undefined) this.#tellAsked(session, pid, moved.length);
    return { schema: "corral.session-adopt/1", session, group, processes: moved.length, left };
  }

  #adoptTree(session: string, pid: number): AdoptDocument {
    const group = groupOf(pid);
    if (group !== null) this.#refuseHeld(group, String(pid));
    return { schema: "corral.session-adopt/1", session, group, processes: this.join(session, pid), left: [] };
  }

  /** Somebody has asked for it. */
  #tellAsked(session: string, pid: number, processes: number): void {
    this.#options.tell({ event: "PLACED", session, pid, rule: null, processes, after_ms: null, quick: false });
  }

  /** Who is in a session stays there. */
  #refuseHeld(group: string, object: string): void {
    const holder = this.#options.sessionOf(group);
    if (holder === null) return;
    throw new CorralError("SESSION_BUSY", `it is in the session ${quote(holder)} already`, { object, found: holder });
  }

  /** @param isDue see moveTree */
  #move(root: ProcessIdentity, directory: string, isDue: TreeMover["isDue"] = this.#isOutside): number {
    const { move } = this.#options;
    const { moved, refusal } = this.#alone(() =>
      moveTree(root, directory, { move, isDue, isOutside: this.#isOutside }),
    );
    if (refusal === null) return moved;
    throw new CorralError("CGROUP_IO", `not all processes went into ${directory}: ${refusal}`, { object: directory });
  }

  /** The source moves nobody meanwhile: whoever is found outside is so still when he is moved. */
  #alone<T>(act: () => T): T {
    const mover = this.#options.mover();
    return mover === null ? act() : mover.during(act);
  }

  /** Whether a process is in no session now. */
  readonly #isOutside = (one: ProcessIdentity): boolean => this.#isFree(groupOf(one.pid)) && isSameProcess(one);
}

const groupOf = (pid: number): string | null => groupOfLines(readProcText(`/proc/${pid}/cgroup`));

/** What protection is judged by; the group is no part of it, and takes a look at /proc. */
const judgedFacts = ({ pid, stat, kernelThread }: MatchFacts): TargetFacts => ({
  pid,
  comm: stat?.comm ?? null,
  kernelThread,
  cgroup: null,
});

/** A session that belongs to a user takes in no other user's processes. */
const mayHold = ({ owner }: SessionSpec, uid: number | null): boolean => owner === 0 || owner === uid;
