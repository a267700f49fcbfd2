import type { LatencyTable } from "../latencies/index.ts";
import type { CpuShares, Operation } from "../model/index.ts";

/** What was done in one span, usually a second, by one agent or by all of them. */
export interface SeriesPoint {
  /** `ALL` for all of them together. */
  readonly agentId: string;
  /** Name of the stage, `workload` where there is only one. */
  readonly stage: string;
  /** End of the span, by the controller's clock. */
  readonly atMs: number;
  /** End of the span, since the stage began. */
  readonly elapsedMs: number;
  readonly lastsMs: number;
  readonly table: LatencyTable;
  readonly cpu: CpuShares | null;
  readonly errors: bigint;
}

type Cells = Readonly<Record<string, string>>;

const mib = 2 ** 20;
/** A span that is shorter says nothing of a rate. */
const shortestMs = 50;

/** Figures of the span itself: what was before does not enter into its percentiles. */
function figuresOf(operation: Operation, { table, lastsMs }: SeriesPoint): Cells {
  const { latencies, bytes } = table.sum([operation]);
  const rate = (amount: number, digits: number): string =>
    lastsMs < shortestMs ? "" : ((amount * 1000) / lastsMs).toFixed(digits);
  const us = (value: number | null): string => (value === null ? "" : value.toFixed(2));
  return {
    ops: String(latencies.count),
    bytes: String(bytes),
    iops: rate(latencies.count, 1),
    mbps: rate(Number(bytes) / mib, 2),
    mean_us: us(latencies.meanUs),
    p50_us: us(latencies.percentileUs(50)),
    p90_us: us(latencies.percentileUs(90)),
    p99_us: us(latencies.percentileUs(99)),
  };
}

const dataFigures = ["ops", "bytes", "iops", "mbps", "mean_us", "p50_us", "p90_us", "p99_us"] as const;
/** What moves no data has no rate of it. */
const metaFigures = dataFigures.filter((name) => name !== "bytes" && name !== "mbps");

const columnsOf = (operation: Operation): readonly string[] =>
  (operation === "meta" ? metaFigures : dataFigures).map((name) => `${operation}_${name}`);

/** The columns of a series, in their order. */
export const seriesColumns: readonly string[] = [
  ...["agent_id", "timestamp_epoch_ms", "elapsed_s", "stage"],
  ...(["get", "put", "meta"] as const).flatMap(columnsOf),
  ...["cpu_user_pct", "cpu_system_pct", "cpu_iowait_pct", "errors"],
];

const percent = (value: number | undefined): string => (value === undefined ? "" : value.toFixed(1));

/** A point as a line of tab-separated values; a cell without a measurement is empty. */
export function seriesLine(point: SeriesPoint): string {
  const [get, put, meta] = (["get", "put", "meta"] as const).map((operation) => figuresOf(operation, point));
  const cells = [
    ...[point.agentId, point.atMs.toFixed(0), (point.elapsedMs / 1000).toFixed(3), point.stage],
    ...dataFigures.map((name) => get?.[name] ?? ""),
    ...dataFigures.map((name) => put?.[name] ?? ""),
    ...metaFigures.map((name) => meta?.[name] ?? ""),
    ...[percent(point.cpu?.userPercent), percent(point.cpu?.systemPercent), percent(point.cpu?.iowaitPercent)],
    String(point.errors),
  ];
  return `${cells.join("\t")}\n`;
}

export const seriesHeading = `${seriesColumns.join("\t")}\n`;
