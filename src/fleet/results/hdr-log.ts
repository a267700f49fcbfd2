import * as hdr from "hdr-histogram-js";
import type { Latencies, LatencyTable } from "../latencies/index.ts";
import { highestUs, lowestOf } from "../latencies/index.ts";
import { sizeBuckets } from "../model/index.ts";

interface Span {
  readonly startMs: number;
  readonly lastsMs: number;
}

/** A histogram in the compressed V2 encoding of HdrHistogram, as base64. */
function encode(latencies: Latencies): string {
  const histogram = hdr.build({
    bitBucketSize: 64,
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: highestUs,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });
  for (const [index, count] of latencies.buckets()) histogram.recordValueWithCount(lowestOf(index), count);
  return hdr.encodeIntoCompressedBase64(histogram);
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
    return `Tag=${tag},0.000,${inSeconds(lastsMs)},${max},${encode(latencies)}\n`;
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
