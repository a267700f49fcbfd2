import type { GroupHandle, MoveRefusal } from "../../cgroup/index.ts";
import { hostCgroupsReader, moveProcess, originsOf } from "../../cgroup/index.ts";
import type { LauncherSet, ProcessIdentity } from "../../kernel/index.ts";
import { isSameProcess, uptimeTicks } from "../../kernel/index.ts";
import type { ProcessAttributes } from "../spec.ts";
import type { AdoptedProcess, TaskChange } from "../start-record.ts";
import { wantedAttributes } from "./attribute-text.ts";
import { applyChanges, asTaken, planChanges, setsOf } from "./live-attributes.ts";
import { mergeAdopted } from "./merge-adopted.ts";
import { keyOf } from "./tree.ts";

/** A tree that forks faster than it can be followed is given up after so many passes. */
const maxPasses = 200;

export interface AdoptRequest {
  readonly leader: ProcessIdentity;
  /** The processes to adopt, as they are now; asked again until it names no new ones. */
  readonly find: () => readonly ProcessIdentity[];
  readonly group: GroupHandle | null;
  readonly attributes: ProcessAttributes;
  /** Adopted before: by an earlier Corral, or with other limits. */
  readonly known: readonly AdoptedProcess[];
  /** Must put on record what is about to be done to a process, before it returns. */
  readonly record: (adopted: readonly AdoptedProcess[]) => void;
}

export interface AdoptResult {
  readonly adopted: readonly AdoptedProcess[];
  /** What became of moves and attributes, in the launcher's form, the leader's values read back. */
  readonly sets: readonly LauncherSet[];
  /** Why a process could not be moved, one per directory. */
  readonly refusals: readonly MoveRefusal[];
  /** False: the tree forked on to the last pass, so that a process may have been missed. */
  readonly complete: boolean;
}

/** The moves of one process; each is made only while the pid still names it. */
function move(plan: AdoptedProcess, refusals: Map<string, MoveRefusal>): void {
  for (const { to } of plan.origins) {
    if (refusals.has(to) || !isSameProcess(plan.process)) continue;
    const refusal = moveProcess(plan.process.pid, to);
    if (refusal !== null) refusals.set(to, refusal);
  }
}

/** The attributes of one process; answers the changes as the kernel took them. */
function setAttributes(
  { process: identity, changes }: AdoptedProcess,
  refusals: Map<string, string>,
): readonly TaskChange[] {
  for (const [name, code] of applyChanges(identity, changes)) if (!refusals.has(name)) refusals.set(name, code);
  return asTaken(changes);
}

const asksForSomething = ({ origins, changes }: AdoptedProcess): boolean => origins.length > 0 || changes.length > 0;

/** What was tried already: a move or a value that the kernel refuses is not tried for ever. */
class Attempts {
  readonly #tried = new Set<string>();

  /** A plan without what was tried before. */
  untried(plan: AdoptedProcess): AdoptedProcess {
    const key = keyOf(plan.process);
    return {
      ...plan,
      origins: plan.origins.filter(({ to }) => this.#isFirst(`${key} ${to}`)),
      changes: plan.changes.filter(({ tid, attribute }) => this.#isFirst(`${key} ${tid} ${attribute}`)),
    };
  }

  #isFirst(attempt: string): boolean {
    if (this.#tried.has(attempt)) return false;
    this.#tried.add(attempt);
    return true;
  }
}

/**
 * Puts living processes under a group's limits and gives them attributes, without touching them otherwise: nothing is
 * stopped, traced or signalled. Descendants are followed until none is left outside; those born meanwhile of an adopted
 * parent are inside already. What is done to a process is on record before it is done.
 */
export function adoptProcesses(request: AdoptRequest): AdoptResult {
  const { leader, group, record } = request;
  const wanted = wantedAttributes(request.attributes);
  const hostOf = hostCgroupsReader();
  const attempts = new Attempts();
  let adopted = request.known;
  const moveRefusals = new Map<string, MoveRefusal>();
  const attributeRefusals = new Map<string, string>();
  let complete = false;
  for (let pass = 0; pass < maxPasses; pass += 1) {
    const plans = request.find().map(
      (process): AdoptedProcess => ({
        process,
        since_ticks: uptimeTicks(),
        origins: group === null ? [] : originsOf(hostOf(process.pid), group.directories),
        changes: planChanges(process.pid, wanted),
      }),
    );
    const touched = plans.map((plan) => attempts.untried(plan)).filter(asksForSomething);
    // Whoever was born during this pass has a parent that is inside, and so is inside.
    complete = touched.length === 0;
    if (complete) break;
    record(mergeAdopted(adopted, touched));
    for (const plan of touched) move(plan, moveRefusals);
    const taken = touched.map((plan) => ({ ...plan, changes: setAttributes(plan, attributeRefusals) }));
    adopted = mergeAdopted(adopted, taken);
    // All other values are either taken as they are or refused.
    if (request.attributes.affinity !== null) record(adopted);
  }
  const joins = [...moveRefusals.values()].map(
    ({ directory, code }): LauncherSet => ({ name: "join", errno: -1, code, effective: `${directory}/cgroup.procs` }),
  );
  return {
    adopted,
    sets: [...joins, ...setsOf(leader.pid, wanted, attributeRefusals)],
    refusals: [...moveRefusals.values()],
    complete,
  };
}
