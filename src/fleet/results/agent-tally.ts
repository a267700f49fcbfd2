import type { WorkMessage } from "../controller/index.ts";
import { LatencyTable } from "../latencies/index.ts";
import type { LatencyCell, PrepareResult, Totals } from "../model/index.ts";
import { noTotals } from "../model/index.ts";

/** What an agent has told of a stage of its workload so far. */
export class AgentTally {
  /** Of its reports; empty once its last word has told of everything. */
  #table = new LatencyTable();
  /** Of its last word, as it came: it takes the least memory so. */
  #cells: readonly LatencyCell[] = [];
  #totals: Totals = noTotals;
  #wallMs = 0;
  #prepare: PrepareResult | null = null;
  #isComplete = false;

  /** Operations whose latencies should be known and are not: reports were lost. Programs may tell no latencies at all. */
  get untimed(): bigint {
    const { getOperations, putOperations, metaOperations } = this.#totals;
    const timed = BigInt(this.table.sum().latencies.count);
    return timed === 0n ? 0n : getOperations + putOperations + metaOperations - timed;
  }

  /** Takes a report in, but for the latencies of its intervals. */
  take(report: WorkMessage): void {
    this.#totals = report.totals;
    for (const { toMs } of report.intervals) this.#wallMs = Math.max(this.#wallMs, toMs);
    if (report.kind === "running") this.#wallMs = Math.max(this.#wallMs, report.elapsedMs);
    else {
      // The last word is about the whole stage; what was added up until then is replaced, not added to.
      this.#table = new LatencyTable();
      this.#cells = report.cells;
      this.#wallMs = report.wallMs;
      this.#prepare = report.prepare;
      this.#isComplete = true;
    }
  }

  /** Takes in the latencies of an interval. */
  takeSpan(span: LatencyTable): void {
    // The last word tells of all of them once more.
    if (!this.#isComplete) this.#table.merge(span);
  }

  /** Adds its latencies to those of others. */
  addTo(table: LatencyTable): void {
    table.merge(this.#table);
    table.add(this.#cells);
  }

  get table(): LatencyTable {
    if (!this.#isComplete) return this.#table;
    return LatencyTable.of(this.#cells);
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
