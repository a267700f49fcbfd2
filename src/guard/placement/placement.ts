import type { ProcessIdentity } from "../../kernel/index.ts";
import { listPids, processFacts, readProcText } from "../../kernel/index.ts";
import { CorralError, quote } from "../../report/index.ts";
import { ourSelf, refuseProtected, targetFacts } from "../../run/attach/index.ts";
import { matchProcess } from "../../run/watch/index.ts";
import type { Tell } from "../daemon/index.ts";
import type { AdoptDocument, AdoptRequest, PlacementRule, SessionSpec } from "../model/index.ts";
import { groupOfLines } from "../tree/index.ts";
import type { GroupName } from "./find-group.ts";
import { findNamedGroup } from "./find-group.ts";
import { moveGroup } from "./move-group.ts";
import { moveTree } from "./move-tree.ts";

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
}

/**
 * Puts processes into sessions: by rules that rest on what a process cannot make up, and when they ask for it themselves. Who
 * is in a session already stays there.
 */
export class Placement {
  readonly #options: PlacementOptions;
  readonly #self = ourSelf();
  #rules: readonly PlacementRule[];

  constructor(rules: readonly PlacementRule[], options: PlacementOptions) {
    this.#rules = rules;
    this.#options = options;
  }

  /** Uses other rules from now on; `scan` looks who they are for. */
  reload(rules: readonly PlacementRule[]): void {
    this.#rules = rules;
  }

  /** Looks at every process once. */
  scan(): void {
    if (this.#rules.length === 0) return;
    for (const pid of listPids()) this.consider(pid, null);
  }

  /** Places one process if a rule has it. @param execNs kernel time of its exec; null: none told of it. Never throws. */
  consider(pid: number, execNs: bigint | null): void {
    if (this.#rules.length === 0) return;
    try {
      this.#consider(pid, execNs);
    } catch {
      // It cannot be looked at: it is gone, or the next scan finds it.
    }
  }

  #consider(pid: number, execNs: bigint | null): void {
    const { tell, target, sessionOf } = this.#options;
    const facts = processFacts(pid);
    const { identity } = facts;
    const group = groupOfLines(facts.cgroup);
    if (identity === null || group === null || sessionOf(group) !== null) return;
    const rule = matchProcess({ rules: this.#rules }, facts)?.rule;
    const session = rule === undefined ? null : target(rule.session);
    if (rule === undefined || session === null || !mayHold(session.spec, facts.uids?.real ?? null)) return;
    const told = { session: rule.session, pid, rule: rule.name };
    if (session.framework === null) return tell({ event: "WOULD_PLACE", ...told });
    try {
      refuseProtected(targetFacts(facts), this.#self);
      const processes = this.#move(identity, session.framework);
      const after_ms = execNs === null ? null : Number(process.hrtime.bigint() - execNs) / 1e6;
      tell({ event: "PLACED", ...told, processes, after_ms });
    } catch (thrown) {
      tell({ event: "PLACEMENT_FAILED", ...told, reason: CorralError.from(thrown).message });
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
    this.#options.tell({ event: "PLACED", session, pid, rule: null, processes, after_ms: null });
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
    const { moved, left } = moveGroup(`${mountPoint}${group}`, framework, judge);
    const [pid] = moved;
    if (pid !== undefined)
      this.#options.tell({ event: "PLACED", session, pid, rule: null, processes: moved.length, after_ms: null });
    return { schema: "corral.session-adopt/1", session, group, processes: moved.length, left };
  }

  #adoptTree(session: string, pid: number): AdoptDocument {
    const group = groupOfLines(readProcText(`/proc/${pid}/cgroup`));
    if (group !== null) this.#refuseHeld(group, String(pid));
    return { schema: "corral.session-adopt/1", session, group, processes: this.join(session, pid), left: [] };
  }

  /** Who is in a session stays there. */
  #refuseHeld(group: string, object: string): void {
    const holder = this.#options.sessionOf(group);
    if (holder === null) return;
    throw new CorralError("SESSION_BUSY", `it is in the session ${quote(holder)} already`, { object, found: holder });
  }

  #move(identity: ProcessIdentity, directory: string): number {
    const { moved, refusal } = moveTree(identity, directory, (group) => this.#options.sessionOf(group) !== null);
    if (refusal === null) return moved;
    throw new CorralError("CGROUP_IO", `not all processes went into ${directory}: ${refusal}`, { object: directory });
  }
}

/** A session that belongs to a user takes in no other user's processes. */
const mayHold = ({ owner }: SessionSpec, uid: number | null): boolean => owner === 0 || owner === uid;
