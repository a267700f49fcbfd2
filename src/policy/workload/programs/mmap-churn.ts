import { mapOnce } from "../memory/map-once.ts";
import { pageBytes } from "../memory/workload-memory.ts";
import type { ProgramContext, ProgramCount } from "./program.ts";
import { runAtRate } from "./rated.ts";

/** Maps memory, touches all of it, and unmaps it; where there is an arena, a page of it is touched each time too. */
export function mmapChurn(context: ProgramContext<"mmap-churn">): Promise<ProgramCount> {
  const { stage, memory, numbers, choosePage, compress } = context;
  const bytes = numbers["map-kb"] * 1024;
  const touchAll = (mapping: Uint8Array): void => {
    for (let at = 0; at < bytes; at += pageBytes) mapping[at] = 1;
  };
  const operate = (): void => {
    mapOnce(bytes, touchAll);
    if (memory.arena !== null) memory.touch(choosePage(), "increment");
  };
  return runAtRate({ stage, perSec: numbers["ops-per-sec"], operate, compress });
}
