import { isRaw } from "./chunk-table.ts";

/** Units that lie one behind the other. */
export interface UnitRun {
  readonly first: number;
  readonly count: number;
}

/** What the plan looks at. */
export interface ReleaseScope {
  /** States of the region's chunks begin here in `states`. */
  readonly base: number;
  readonly chunkCount: number;
  readonly chunksPerUnit: number;
}

/**
 * Which units can be given back now that `packed` (ascending) are not in memory any more: those of which no chunk is. A page that
 * holds one raw chunk among eight packed ones stays. Neighbours become one run, for one call of the kernel.
 */
export function planReleases(states: Uint8Array, packed: readonly number[], scope: ReleaseScope): UnitRun[] {
  const runs: UnitRun[] = [];
  let seen = -1;
  for (const chunk of packed) {
    const unit = Math.floor(chunk / scope.chunksPerUnit);
    if (unit === seen) continue;
    seen = unit;
    if (!isUnitEmpty(states, unit, scope)) continue;
    const last = runs.at(-1);
    if (last !== undefined && last.first + last.count === unit) {
      runs[runs.length - 1] = { first: last.first, count: last.count + 1 };
    } else runs.push({ first: unit, count: 1 });
  }
  return runs;
}

function isUnitEmpty(states: Uint8Array, unit: number, { base, chunkCount, chunksPerUnit }: ReleaseScope): boolean {
  const end = Math.min(chunkCount, (unit + 1) * chunksPerUnit);
  for (let chunk = unit * chunksPerUnit; chunk < end; chunk += 1) {
    if (isRaw(states[base + chunk] as number)) return false;
  }
  return true;
}
