import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { GroupHandle } from "../../cgroup/index.ts";
import { moveProcess } from "../../cgroup/index.ts";
import type { ProcessIdentity } from "../../kernel/index.ts";
import { identityOf, isSameProcess, nativeErrno, rlimits, taskStartTicks } from "../../kernel/index.ts";
import type { AdoptedProcess, GroupOrigin, TaskChange } from "../start-record.ts";
import { lineageOf } from "./governed.ts";
import { holdersOf, holds, liveAttribute, readQuietly } from "./live-attributes.ts";
import { descendantsOf, keyOf } from "./tree.ts";

/** A group that is forked into faster than it is emptied is given up after so many passes. */
const maxPasses = 200;

/** One value to be set back. */
interface Restoration {
  readonly process: ProcessIdentity;
  readonly change: TaskChange;
}

/** How setting back went: a kernel that took only part of it may take all once the process is back in its group. */
type Restored = "left" | "done" | { readonly problem: string };

/** The attribute as its flag spells it: `rlimit nofile` where the launcher says `rlimit.7`. */
function spoken(attribute: string): string {
  const [resource] = Object.entries(rlimits).find(([, number]) => attribute === `rlimit.${number}`) ?? [];
  return resource === undefined ? attribute : `rlimit ${resource}`;
}

/** Sets one value back, unless somebody else has changed it since. @param again it was set back before */
function restore({ process: identity, change }: Restoration, again: boolean): Restored {
  const { tid, attribute: name, before, after } = change;
  const attribute = liveAttribute(name);
  if (attribute === null || !holds(identity, tid)) return "left";
  const current = readQuietly(attribute, tid);
  if (current === null || current === before || !(again || current === after)) return "left";
  try {
    attribute.write(tid, before);
    return "done";
  } catch (thrown) {
    const errno = nativeErrno(thrown) ?? "error";
    if (errno === "ESRCH" || errno === "ENOENT") return "left";
    return { problem: `${spoken(name)} of ${tid} stays ${current}: back to ${before} was refused (${errno})` };
  }
}

/**
 * What threads born since the attach inherited from one that was changed, as changes of their own. What is older and not
 * on record had the value before and keeps it.
 */
function inherited(pid: number, from: AdoptedProcess): TaskChange[] {
  const first = new Map<string, TaskChange>();
  for (const change of from.changes) if (!first.has(change.attribute)) first.set(change.attribute, change);
  const known = new Set(from.changes.map(({ tid, attribute }) => `${tid} ${attribute}`));
  return [...first.values()].flatMap((change) => {
    const attribute = liveAttribute(change.attribute);
    if (attribute === null) return [];
    const tids = holdersOf(pid, attribute).filter((tid) => !known.has(`${tid} ${change.attribute}`));
    const young = tids.filter((tid) => (taskStartTicks(pid, tid) ?? 0) >= from.since_ticks);
    return young.map((tid) => ({ ...change, tid }));
  });
}

/** What was adopted, by identity, and whom everything else that is found descends from. */
class Adopted {
  readonly #byKey: ReadonlyMap<string, AdoptedProcess>;
  readonly #first: AdoptedProcess;

  constructor(adopted: readonly AdoptedProcess[], first: AdoptedProcess) {
    this.#byKey = new Map(adopted.map((one) => [keyOf(one.process), one]));
    this.#first = first;
  }

  own(identity: ProcessIdentity): AdoptedProcess | null {
    return this.#byKey.get(keyOf(identity)) ?? null;
  }

  /** Where a process goes back to: where it came from, or whom it descends from, or else the leader. */
  originsOf(identity: ProcessIdentity): readonly GroupOrigin[] {
    return [...this.source(identity).origins, ...this.#first.origins];
  }

  /** The adopted process that it is, or else descends from. */
  source(identity: ProcessIdentity): AdoptedProcess {
    for (const one of lineageOf(identity.pid)) {
      const adopted = this.own(one);
      if (adopted !== null) return adopted;
    }
    return this.#first;
  }
}

/** Everything that is to be set back in one process. */
function restorationsOf(identity: ProcessIdentity, adopted: Adopted): Restoration[] {
  const changes = [...(adopted.own(identity)?.changes ?? []), ...inherited(identity.pid, adopted.source(identity))];
  return changes.map((change) => ({ process: identity, change }));
}

/** Where a process goes back to: its own origin, or the leader's; the nearest one above that still exists. */
function destinationOf(directory: string, origins: readonly GroupOrigin[]): string {
  let at = origins.find(({ to }) => to === directory)?.from ?? dirname(directory);
  while (!existsSync(`${at}/cgroup.procs`) && at !== dirname(at)) at = dirname(at);
  return at;
}

function emptyGroup(group: GroupHandle, adopted: Adopted): string[] {
  const problems = new Map<string, string>();
  for (let pass = 0; pass < maxPasses; pass += 1) {
    const members = group.members();
    const movable = members.filter(({ pid, directory }) => !problems.has(`${pid} ${directory}`));
    if (movable.length === 0) break;
    for (const { pid, directory } of movable) {
      const identity = identityOf(pid);
      if (identity === null) continue;
      const to = destinationOf(directory, adopted.originsOf(identity));
      const refusal = isSameProcess(identity) ? moveProcess(pid, to) : null;
      if (refusal !== null)
        problems.set(
          `${pid} ${directory}`,
          `process ${pid} stays in ${directory}: moving it back to ${to}: ${refusal.reason}`,
        );
    }
  }
  return [...problems.values()];
}

/** Living processes that may hold what attaching set: the adopted ones, what descends from them, and who is in the group. */
function holdersNow(adopted: readonly AdoptedProcess[], group: GroupHandle | null): ProcessIdentity[] {
  const members = (group?.processes() ?? []).flatMap((pid) => identityOf(pid) ?? []);
  const changed = adopted.some(({ changes }) => changes.length > 0);
  const descendants = changed ? descendantsOf(adopted.map((one) => one.process)) : [];
  const all = [...adopted.map((one) => one.process), ...descendants, ...members];
  return [...new Map(all.map((one) => [keyOf(one), one])).values()];
}

/**
 * Undoes an attach as far as it is on record: attributes go back to what they were unless somebody else has changed
 * them since, processes go back to where they came from, and so do those that were born meanwhile, to where whom they
 * descend from came from.
 * @returns what could not be undone, one line each
 */
export function releaseProcesses(processes: readonly AdoptedProcess[], group: GroupHandle | null): string[] {
  const first = processes[0];
  if (first === undefined) return [];
  const adopted = new Adopted(processes, first);
  const restorations = holdersNow(processes, group).flatMap((identity) => restorationsOf(identity, adopted));
  const before = restorations.map((one) => restore(one, false));
  if (group === null) return before.flatMap(problemOf);
  const stuck = emptyGroup(group, adopted);
  // A cpuset cuts an affinity, and a group without real-time budget refuses a policy: what the group kept from going back
  // goes back now.
  const after = restorations.map((one, index) =>
    one.change.attribute === "affinity" || isProblem(before[index]) ? restore(one, before[index] === "done") : "left",
  );
  return [...after.flatMap(problemOf), ...stuck];
}

const isProblem = (result: Restored | undefined): result is { readonly problem: string } => typeof result === "object";

const problemOf = (result: Restored): string[] => (isProblem(result) ? [result.problem] : []);
