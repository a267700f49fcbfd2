import type { LatencyTable } from "../latencies/index.ts";
import { sizeBuckets } from "../model/index.ts";
import { encodeHistogram } from "./hdr-encoding.ts";

interface Span {
  readonly startMs: number;
  readonly lastsMs: number;
}

const inSeconds = (ms: number): string => (ms / 1000).toFixed(3);

/**
 * A log of HdrHistogram, format version 1.3: for every kind and size of operations the histogram of the whole time,
 * microseconds, tagged `GET/1B-8KiB`.
 */
export function hdrLog(table: LatencyTable, { startMs, lastsMs }: Span): string {
  const lines = table.cells().map(({ operation, sizeBucket, latencies }) => {
    const tag = `${operation.toUpperCase()}/${sizeBuckets[sizeBucket]?.label ?? ""}`;
    const max = (latencies.maxUs ?? 0).toFixed(3);
    return `Tag=${tag},0.000,${inSeconds(lastsMs)},${max},${encodeHistogram(latencies)}\n`;
  });
  return [
    "#[Logged by corral; values are microseconds]\n",
    "#[Histogram log format version 1.3]\n",
    `#[StartTime: ${inSeconds(startMs)} (seconds since epoch), ${new Date(startMs).toISOString()}]\n`,
    `#[BaseTime: ${inSeconds(startMs)} (seconds since epoch)]\n`,
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"\n',
    ...lines,
  ].join("");
}
