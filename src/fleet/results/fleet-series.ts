import { LatencyTable } from "../latencies/index.ts";
import type { CpuShares, Interval } from "../model/index.ts";
import type { SeriesPoint } from "./series.ts";

interface SeriesSpan {
  readonly startMs: number;
  readonly stage: string;
  readonly all: boolean;
}

/** Seconds that stay open for agents whose reports come late. */
const lateSeconds = 5;

interface OpenSecond {
  readonly table: LatencyTable;
  readonly cpus: CpuShares[];
  errors: bigint;
  lastsMs: number;
}

const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;

/** The same weight for every host. */
const meanCpu = (cpus: readonly CpuShares[]): CpuShares | null =>
  cpus.length === 0
    ? null
    : {
        userPercent: mean(cpus.map(({ userPercent }) => userPercent)),
        systemPercent: mean(cpus.map(({ systemPercent }) => systemPercent)),
        iowaitPercent: mean(cpus.map(({ iowaitPercent }) => iowaitPercent)),
      };

/** What is shorter is what was left of a second when a workload ended. */
const leftoverMs = 250;

/**
 * Second of a run that a span belongs to: the one its middle lies in, so that reports which drift by less than half a second have one
 * each; of what was left over the one in which it began.
 */
const secondOf = ({ fromMs, toMs }: Interval): number =>
  toMs - fromMs < leftoverMs ? Math.max(1, Math.ceil(fromMs / 1000)) : Math.floor((fromMs + toMs) / 2000) + 1;

/**
 * What all agents did, second by second since the common start: the sum of their spans. What comes when its second was told
 * already is counted in the oldest that is open, so that the sum of a series is the sum of everything.
 */
export class FleetSeries {
  readonly #open = new Map<number, OpenSecond>();
  #newest = 0;
  /** Seconds up to this one were told. */
  #told = 0;

  /** @param span its latencies */
  add(interval: Interval, span: LatencyTable): void {
    const second = Math.max(secondOf(interval), this.#told + 1);
    this.#newest = Math.max(this.#newest, second);
    let open = this.#open.get(second);
    if (open === undefined) {
      open = { table: new LatencyTable(), cpus: [], errors: 0n, lastsMs: 0 };
      this.#open.set(second, open);
    }
    open.table.merge(span);
    open.errors += interval.errors;
    open.lastsMs = Math.max(open.lastsMs, interval.toMs - interval.fromMs);
    if (interval.cpu !== null) open.cpus.push(interval.cpu);
  }

  /** Seconds that are complete, or too old to wait for. `startMs`: the common start; `all`: of those that are open, too. */
  take({ startMs, stage, all }: SeriesSpan): readonly SeriesPoint[] {
    const upTo = all ? this.#newest : this.#newest - lateSeconds;
    const points: SeriesPoint[] = [];
    for (; this.#told < upTo; this.#told += 1) {
      const second = this.#told + 1;
      const open = this.#open.get(second);
      this.#open.delete(second);
      if (open === undefined) continue;
      const { table, errors, lastsMs, cpus } = open;
      const elapsedMs = second * 1000;
      const [agentId, atMs, cpu] = ["ALL", startMs + elapsedMs, meanCpu(cpus)];
      points.push({ agentId, stage, atMs, elapsedMs, lastsMs, table, cpu, errors });
    }
    return points;
  }
}
