import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { GroupHandle } from "../../cgroup/index.ts";
import { moveProcess } from "../../cgroup/index.ts";
import type { ProcessIdentity } from "../../kernel/index.ts";
import { identityOf, isSameProcess, nativeErrno, taskStartTicks } from "../../kernel/index.ts";
import type { AdoptedProcess, GroupOrigin, TaskChange } from "../start-record.ts";
import { holdersOf, liveAttribute, readQuietly } from "./live-attributes.ts";
import { keyOf } from "./tree.ts";

/** A group that is forked into faster than it is emptied is given up after so many passes. */
const maxPasses = 200;

/** True when a value is still the one that was set. An affinity reads back as what the cpuset left of it. */
const isOurs = ({ attribute, after }: TaskChange, current: string): boolean =>
  attribute === "affinity" || current === after;

/** Sets one value back, unless somebody else has changed it since; null when that needs no word. */
function restore(change: TaskChange): string | null {
  const attribute = liveAttribute(change.attribute);
  if (attribute === null) return null;
  const current = readQuietly(attribute, change.tid);
  if (current === null || current === change.before || !isOurs(change, current)) return null;
  try {
    attribute.write(change.tid, change.before);
    return null;
  } catch (thrown) {
    const errno = nativeErrno(thrown) ?? "error";
    if (errno === "ESRCH" || errno === "ENOENT") return null;
    return `${change.attribute} of ${change.tid} stays ${current}: back to ${change.before} was refused (${errno})`;
  }
}

/**
 * What processes and threads born since the attach inherited from the leader, as changes of their own. What is older
 * and not on record had the value before and keeps it.
 */
function inherited(pid: number, leader: AdoptedProcess, sinceTicks: number): TaskChange[] {
  const first = new Map<string, TaskChange>();
  for (const change of leader.changes) if (!first.has(change.attribute)) first.set(change.attribute, change);
  return [...first.values()].flatMap((change) => {
    const attribute = liveAttribute(change.attribute);
    if (attribute === null) return [];
    const young = holdersOf(pid, attribute).filter((tid) => (taskStartTicks(pid, tid) ?? 0) > sinceTicks);
    return young.map((tid) => ({ ...change, tid }));
  });
}

/** Gives one process its attributes back. */
function restoreAttributes(identity: ProcessIdentity, own: AdoptedProcess | null, leader: AdoptedProcess): string[] {
  if (!isSameProcess(identity)) return [];
  const since = (own ?? leader).since_ticks;
  const changes = [...(own?.changes ?? []), ...inherited(identity.pid, leader, since)];
  return changes.flatMap((change) => restore(change) ?? []);
}

/** Where a process goes back to: its own origin, or the leader's; the nearest one above that still exists. */
function destinationOf(directory: string, origins: readonly GroupOrigin[]): string {
  let at = origins.find(({ to }) => to === directory)?.from ?? dirname(directory);
  while (!existsSync(`${at}/cgroup.procs`) && at !== dirname(at)) at = dirname(at);
  return at;
}

function emptyGroup(group: GroupHandle, adopted: readonly AdoptedProcess[], leader: AdoptedProcess): string[] {
  const byKey = new Map(adopted.map((one) => [keyOf(one.process), one]));
  const problems = new Map<string, string>();
  for (let pass = 0; pass < maxPasses; pass += 1) {
    const members = group.members();
    const movable = members.filter(({ pid, directory }) => !problems.has(`${pid} ${directory}`));
    if (movable.length === 0) break;
    for (const { pid, directory } of movable) {
      const identity = identityOf(pid);
      if (identity === null) continue;
      const origins = byKey.get(keyOf(identity))?.origins ?? leader.origins;
      const to = destinationOf(directory, [...origins, ...leader.origins]);
      const refusal = moveProcess(pid, to);
      if (refusal !== null)
        problems.set(
          `${pid} ${directory}`,
          `process ${pid} stays in ${directory}: moving it back to ${to}: ${refusal.reason}`,
        );
    }
  }
  return [...problems.values()];
}

/**
 * Undoes an attach as far as it is on record: attributes go back to what they were unless somebody else has changed
 * them since, processes go back to where they came from, and so do those that were born meanwhile, to where the leader
 * came from.
 * @returns what could not be undone, one line each
 */
export function releaseProcesses(adopted: readonly AdoptedProcess[], group: GroupHandle | null): string[] {
  const leader = adopted[0];
  if (leader === undefined) return [];
  const byKey = new Map(adopted.map((one) => [keyOf(one.process), one]));
  const members = (group?.processes() ?? []).flatMap((pid) => identityOf(pid) ?? []);
  const all = new Map([...adopted.map((one) => one.process), ...members].map((one) => [keyOf(one), one]));
  const problems = [...all].flatMap(([key, identity]) => restoreAttributes(identity, byKey.get(key) ?? null, leader));
  return group === null ? problems : [...problems, ...emptyGroup(group, adopted, leader)];
}
