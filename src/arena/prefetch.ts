import { setImmediate } from "node:timers/promises";
import { CorralError } from "../report/index.ts";
import type { ArenaState } from "./arena-state.ts";
import { checkAborted } from "./check-aborted.ts";
import { chunkStates } from "./chunk-table.ts";
import type { WantedChunk } from "./prefetch-queue.ts";
import { restoreChunk } from "./restore.ts";

/** What one prefetch did. */
export interface PrefetchResult {
  /** Chunks that were decompressed. */
  readonly restored: number;
  /** Chunks whose compressed copy is damaged; reading them throws ARENA_CORRUPT. */
  readonly damaged: number;
  readonly longestHoldMs: number;
  readonly elapsedMs: number;
}

const isCompressed = (state: number | undefined): boolean =>
  state === chunkStates.packed || state === chunkStates.filled;

function restoreOne(arena: ArenaState, { entry, chunk }: WantedChunk): "restored" | "damaged" | "not wanted" {
  if (entry.freed || !isCompressed(arena.table.state[entry.base + chunk])) return "not wanted";
  try {
    restoreChunk(arena, entry, chunk, "prefetch");
    // What is wanted soon is not cold.
    arena.table.touched[entry.base + chunk] = arena.lists.epoch;
    return "restored";
  } catch (thrown) {
    if (CorralError.from(thrown).code !== "ARENA_CORRUPT") throw thrown;
    return "damaged";
  }
}

/**
 * Decompresses what is wanted soon, in turns that hold the event loop no longer than the budget.
 * @throws CorralError ABORTED, ARENA_MEMORY
 */
export async function prefetchChunks(
  arena: ArenaState,
  wanted: Iterable<WantedChunk>,
  options: { readonly budgetMs: number; readonly signal: AbortSignal | null },
): Promise<PrefetchResult> {
  checkAborted(options.signal, "prefetch");
  const begin = performance.now();
  const counts = { restored: 0, damaged: 0, "not wanted": 0 };
  let longestHoldMs = 0;
  let turn = begin;
  const endTurn = (): void => {
    const ms = performance.now() - turn;
    arena.loopHolds.record(ms * 1e6);
    longestHoldMs = Math.max(longestHoldMs, ms);
  };
  for (const chunk of wanted) {
    if (arena.closed) break;
    counts[restoreOne(arena, chunk)] += 1;
    // A chunk may take as long as the last one took: stop well before.
    if (performance.now() - turn < options.budgetMs / 2) continue;
    endTurn();
    await setImmediate();
    turn = performance.now();
    checkAborted(options.signal, "prefetch");
  }
  endTurn();
  const { restored, damaged } = counts;
  return { restored, damaged, longestHoldMs, elapsedMs: performance.now() - begin };
}
