import type { TouchOp, WorkloadMemory } from "../memory/workload-memory.ts";
import type { Stage } from "../stage.ts";
import type { TouchClock } from "../touch-clock.ts";

/** Touches after which a pass looks at the clock. */
const stretch = 256;

/**
 * Touches every page once, in order, letting the event loop turn meanwhile.
 * @returns false when `isOver` said so before the end
 */
export async function touchAll(
  { stage, memory, clock }: { readonly stage: Stage; readonly memory: WorkloadMemory; readonly clock: TouchClock },
  op: TouchOp,
  isOver: () => boolean,
): Promise<boolean> {
  let page = 0;
  const touch = (): void => memory.touch(page, op);
  while (page < memory.pageCount) {
    for (const end = Math.min(page + stretch, memory.pageCount); page < end; page += 1) clock.touch(touch);
    await stage.breathe();
    if (isOver()) return page >= memory.pageCount;
  }
  return true;
}
