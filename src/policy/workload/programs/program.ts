import type { LatencyHistogram } from "../../../report/index.ts";
import type { Random } from "../load/random.ts";
import type { Choose } from "../load/zipf.ts";
import type { WorkloadMemory } from "../memory/workload-memory.ts";
import type { MemoryProgramName, NumbersOf } from "../settings/index.ts";
import type { Stage } from "../stage.ts";

/** What a program with memory works with. */
export interface ProgramContext<P extends MemoryProgramName> {
  readonly stage: Stage;
  readonly memory: WorkloadMemory;
  readonly numbers: NumbersOf<P>;
  readonly random: Random;
  /** Chooses the pages of those that choose. */
  readonly choosePage: Choose;
  /** The workload's own turn to compress. */
  readonly compress: () => Promise<void>;
}

/** What a program has done. */
export interface ProgramCount {
  /** Passes, bursts' touches or operations: what the original counts. */
  readonly count: number;
  readonly latency: LatencyHistogram;
  /** Of an open loop: operations per second that were asked for; null without one. */
  readonly askedPerSec: number | null;
  /** Of an open loop: operations that were due and not done. */
  readonly behind: number;
}
