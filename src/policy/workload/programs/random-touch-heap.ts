import type { ProgramContext, ProgramCount } from "./program.ts";
import { runAtRate } from "./rated.ts";

/** Touches pages at random. */
export function randomTouchHeap(context: ProgramContext<"random-touch-heap">): Promise<ProgramCount> {
  const { stage, memory, numbers, choosePage, compress } = context;
  const operate = (): void => memory.touch(choosePage(), "xor");
  return runAtRate({ stage, perSec: numbers["ops-per-sec"], operate, compress });
}
