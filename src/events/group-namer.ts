import type { Dirent } from "node:fs";
import { readdirSync } from "node:fs";
import path from "node:path";
import { groupDirectory, groupId, groupPathOf } from "./cgroup-id.ts";
import type { GroupItem } from "./feed-item.ts";
import { groupsMost } from "./feed-item.ts";

/** Looking through all groups takes milliseconds: not more often than this. */
const searchPauseNs = 250_000_000n;

/** The paths of all groups by their ids. */
function searchGroups(): Map<bigint, string> {
  const found = new Map<bigint, string>();
  const waiting = ["/"];
  for (let group = waiting.pop(); group !== undefined; group = waiting.pop()) {
    const id = groupId(group);
    if (id === null) continue;
    found.set(id, group);
    for (const name of subgroupsOf(group)) waiting.push(path.join(group, name));
  }
  return found;
}

function subgroupsOf(group: string): string[] {
  const directory = groupDirectory(group);
  if (directory === null) return [];
  let entries: Dirent[];
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch {
    // It is gone.
    return [];
  }
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** Tells the path of every group before the first event of a process in it, as long as the group can be found. */
export class GroupNamer {
  readonly #told = new Set<bigint>();
  #known = searchGroups();
  #searchedNs = process.hrtime.bigint();

  /** What must be told before an event of this process; null when its group is told already or cannot be found. */
  nameFor(tgid: number, id: bigint | null): GroupItem | null {
    if (id === null || this.#told.has(id)) return null;
    const found = this.#find(tgid, id);
    if (found === null) return null;
    if (this.#told.size >= groupsMost) this.#told.clear();
    this.#told.add(id);
    return { kind: "group", id, path: found };
  }

  #find(tgid: number, id: bigint): string | null {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const mine = groupPathOf(tgid);
    if (mine !== null && groupId(mine) === id) return mine;
    const now = process.hrtime.bigint();
    if (now - this.#searchedNs < searchPauseNs) return null;
    this.#searchedNs = now;
    this.#known = searchGroups();
    return this.#known.get(id) ?? null;
  }
}
