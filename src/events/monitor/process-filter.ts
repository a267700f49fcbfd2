import type { Fits } from "../../report/index.ts";
import { pathGlob } from "../../report/index.ts";
import { groupsMost } from "../feed-item.ts";
import type { ProcessOwner } from "../lifecycle-event.ts";
import type { MonitorOptions } from "./monitor-options.ts";

/** What the filters look at; null where it was not told. */
export interface FilterFacts extends ProcessOwner {
  readonly exe: string | null;
}

/** Of a filter: it fits, it does not, or the fact was not told. */
export type Verdict = "fits" | "does not" | "not told";

/** The paths of groups by their ids, as the feed tells them. */
export class GroupPaths {
  readonly #paths = new Map<bigint, string>();

  add(id: bigint, path: string): void {
    if (this.#paths.size >= groupsMost) this.#paths.clear();
    this.#paths.set(id, path);
  }

  pathOf(id: bigint | null): string | null {
    return id === null ? null : (this.#paths.get(id) ?? null);
  }
}

type Filter = (facts: FilterFacts) => boolean | null;

const within = (group: string): Fits => {
  const below = group === "/" ? "/" : `${group}/`;
  return (path) => path === group || path.startsWith(below);
};

/**
 * The filters that look at a process by itself, as one.
 * @throws RangeError for a pattern that is none
 */
export function processFilter(
  { uids, exes, cgroup }: Pick<MonitorOptions, "uids" | "exes" | "cgroup">,
  groups: GroupPaths,
): (facts: FilterFacts) => Verdict {
  const filters: Filter[] = [];
  if (uids.length > 0) filters.push(({ uid }) => (uid === null ? null : uids.includes(uid)));
  const patterns = exes.map(pathGlob);
  if (patterns.length > 0) filters.push(({ exe }) => (exe === null ? null : patterns.some((fits) => fits(exe))));
  if (cgroup !== null) {
    const isWithin = within(cgroup);
    filters.push(({ cgroupId }) => {
      const path = groups.pathOf(cgroupId);
      return path === null ? null : isWithin(path);
    });
  }
  return (facts) => {
    const answers = filters.map((filter) => filter(facts));
    if (answers.includes(false)) return "does not";
    return answers.includes(null) ? "not told" : "fits";
  };
}
