import { LatencyTable } from "../latencies/index.ts";
import type { CpuShares, Interval, Totals, WorkReport } from "../model/index.ts";
import { noTotals } from "../model/index.ts";
import type { LoadOperation } from "./target.ts";
import { kindOf } from "./target.ts";

/** Counts operations: since the last report, and in all. */
export class WorkRecorder {
  readonly #all = new LatencyTable();
  #since = new LatencyTable();
  #errorsSince = 0n;
  #fromMs = 0;
  readonly #totals: { -readonly [K in keyof Totals]: Totals[K] } = { ...noTotals };

  succeeded(operation: LoadOperation, bytes: number, us: number): void {
    const kind = kindOf[operation];
    this.#since.record(kind, bytes, us);
    if (kind === "get") {
      this.#totals.getOperations += 1n;
      this.#totals.getBytes += BigInt(bytes);
    } else if (kind === "put") {
      this.#totals.putOperations += 1n;
      this.#totals.putBytes += BigInt(bytes);
    } else this.#totals.metaOperations += 1n;
  }

  failed(): void {
    this.#totals.errors += 1n;
    this.#errorsSince += 1n;
  }

  /** What was done since the last call. @param toMs since the workload began */
  report(toMs: number, cpu: CpuShares | null): WorkReport {
    const cells = this.#since.toCells();
    this.#all.add(cells);
    const interval: Interval = { fromMs: this.#fromMs, toMs, errors: this.#errorsSince, cpu, cells };
    [this.#since, this.#errorsSince, this.#fromMs] = [new LatencyTable(), 0n, toMs];
    return { totals: { ...this.#totals }, intervals: [interval] };
  }

  /** Latencies of everything that was reported. */
  get all(): LatencyTable {
    return this.#all;
  }
}
