import { CorralError } from "../../report/index.ts";
import type { ActionAnswer } from "../enrolment/index.ts";
import { toAckStats } from "./ack-stats.ts";
import type { WorkloadMemory } from "./memory/workload-memory.ts";
import type { CompressPolicy } from "./settings/index.ts";

/** Who compresses, and how often it came about. */
export interface Compression {
  /** The workload's own turn; does nothing where the policy leaves it to others, or there is no arena. */
  internal(): Promise<void>;
  /** A request from outside. */
  external(): Promise<ActionAnswer>;
  readonly counts: {
    readonly external: number;
    readonly internal: number;
    readonly refused: number;
    readonly failed: number;
  };
}

const refusal = (code: string, message: string): ActionAnswer => ({ done: false, code, message });

/** Compresses the whole of a workload's memory, as far as its policy allows. */
export function compressionOf(memory: WorkloadMemory, policy: CompressPolicy): Compression {
  const counts = { external: 0, internal: 0, refused: 0, failed: 0 };
  const { arena } = memory;
  return {
    counts,
    async internal() {
      if (arena === null || policy === "external") return;
      await arena.compress("all");
      counts.internal += 1;
    },
    async external() {
      if (arena === null || policy === "internal") {
        counts.refused += 1;
        return refusal("refused", "this workload compresses by itself (--compress-policy internal)");
      }
      try {
        await arena.compress("all");
      } catch (thrown) {
        counts.failed += 1;
        return refusal("failed", CorralError.from(thrown).message);
      }
      counts.external += 1;
      return { done: true, stats: toAckStats(arena.stats(), counts.external) };
    },
  };
}
