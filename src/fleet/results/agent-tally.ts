import type { WorkMessage } from "../controller/index.ts";
import { LatencyTable } from "../latencies/index.ts";
import type { Interval, PrepareResult, Totals } from "../model/index.ts";
import { noTotals } from "../model/index.ts";

/** What an agent has told of a stage of its workload so far. */
export class AgentTally {
  #table = new LatencyTable();
  #totals: Totals = noTotals;
  #wallMs = 0;
  #prepare: PrepareResult | null = null;
  #isComplete = false;

  /** Operations whose latencies should be known and are not: reports were lost. Programs may tell no latencies at all. */
  get untimed(): bigint {
    const { getOperations, putOperations, metaOperations } = this.#totals;
    const timed = BigInt(this.#table.sum().latencies.count);
    return timed === 0n ? 0n : getOperations + putOperations + metaOperations - timed;
  }

  /** Takes a report in. @returns its intervals, for the series */
  take(report: WorkMessage): readonly Interval[] {
    this.#totals = report.totals;
    for (const { cells, toMs } of report.intervals) {
      this.#table.add(cells);
      this.#wallMs = Math.max(this.#wallMs, toMs);
    }
    if (report.kind !== "running") {
      // The last word is about the whole stage; what was added up until then is replaced, not added to.
      this.#table = LatencyTable.of(report.cells);
      this.#wallMs = report.wallMs;
      this.#prepare = report.prepare;
      this.#isComplete = true;
    }
    return report.intervals;
  }

  get table(): LatencyTable {
    return this.#table;
  }

  get totals(): Totals {
    return this.#totals;
  }

  /** How long it worked, as far as it has told. */
  get wallMs(): number {
    return this.#wallMs;
  }

  /** Null: nothing, or nothing that was measured. */
  get prepare(): PrepareResult | null {
    return this.#prepare;
  }

  /** Whether the stage has come to its end by itself. */
  get isComplete(): boolean {
    return this.#isComplete;
  }
}
