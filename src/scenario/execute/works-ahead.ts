import type { ResolvedGroup, ResolvedWork } from "../resolve/index.ts";
import type { Workers } from "./ports.ts";

/** A setup of no more groups than this makes each group's workers when it is their turn. */
const fewGroups = 8;
/** Groups whose workers are made ahead: as many as there are threads that make processes. */
const groupsAhead = 4;

/** Whether workers need nothing that comes to be with their group. */
const isFree = ({ perCpu, custom, pcomm, resources: { kind } }: ResolvedWork): boolean =>
  perCpu === null && custom === null && pcomm === null && kind !== "storage" && kind !== "groups";

/**
 * Workers of groups that come later in a setup of very many: they are made, and wait, while those before are placed. Made one after
 * the other, most of the time would be waiting for processes to begin.
 */
export class WorksAhead {
  readonly #making = new Map<ResolvedWork, Promise<Workers>>();

  /** Begins with the workers of the next groups. @param at place of the group whose turn it is */
  prepare(
    groups: readonly ResolvedGroup[],
    at: number,
    make: (work: ResolvedWork, cgroup: string) => Promise<Workers>,
  ): void {
    if (groups.length <= fewGroups) return;
    for (const { name, works } of groups.slice(at, at + groupsAhead)) {
      for (const work of works.filter(isFree)) {
        if (this.#making.has(work)) continue;
        const making = make(work, name);
        // Whoever takes them hears of it.
        making.catch(() => {});
        this.#making.set(work, making);
      }
    }
  }

  /** Those of a work, which are the caller's from now on; null: they were not begun with. */
  take(work: ResolvedWork): Promise<Workers> | null {
    const making = this.#making.get(work) ?? null;
    this.#making.delete(work);
    return making;
  }

  /** Ends those that nobody took, as soon as they are there. */
  clear(): void {
    for (const making of this.#making.values()) void making.then((set) => set.kill()).catch(() => {});
    this.#making.clear();
  }
}
