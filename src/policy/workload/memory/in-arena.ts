import { createArena } from "../../../arena/index.ts";
import type { ArenaSettings } from "../settings/index.ts";
import type { WorkloadMemory } from "./workload-memory.ts";
import { bytesPerMib, pageBytes } from "./workload-memory.ts";

export interface ArenaMemoryOptions {
  readonly name: string;
  readonly megabytes: number;
  readonly settings: ArenaSettings;
  /** Of the background, where it is on. */
  readonly coldMs: number;
  readonly prefetchDistance: number;
  readonly prefetchBatch: number;
}

const epochMs = 100;

/** The background as the original's interactive workload has it: hot for two epochs, cold after `coldMs`. */
function backgroundOf({ coldMs, prefetchDistance, prefetchBatch }: ArenaMemoryOptions) {
  const coldEpochs = Math.max(2, Math.ceil(coldMs / epochMs));
  return { hotEpochs: 2, coldEpochs, coldEpochsMin: 2, coldEpochsMax: 600, prefetchDistance, prefetchBatch };
}

/** Memory of an arena, with chunks of one page, as the original's workloads have it. */
export function arenaMemory(options: ArenaMemoryOptions): WorkloadMemory {
  const { capMb, minSavingsPercent, autoloops } = options.settings;
  const arena = createArena({
    capacityBytes: capMb * bytesPerMib,
    chunkBytes: pageBytes,
    minSavingsPercent,
    background: autoloops ? backgroundOf(options) : false,
  });
  const region = arena.allocate(options.megabytes * bytesPerMib, options.name);
  const page = new Uint8Array(pageBytes);
  return {
    pageCount: region.bytes / pageBytes,
    arena,
    writePage(index, fill) {
      fill(page, index);
      region.write(index * pageBytes, page);
    },
    touch: (index, op) => region.touch(index * pageBytes, op),
    close: () => arena.close(),
  };
}
