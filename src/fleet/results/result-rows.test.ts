import { expect, test } from "vitest";
import { LatencyTable } from "../latencies/index.ts";
import { resultColumns, resultRows, resultTsv } from "./result-rows.ts";

/** A thousand latencies from 1 to 1000, so that every percentile is another. */
function thousand(table: LatencyTable): LatencyTable {
  for (let us = 1; us <= 1000; us += 1) table.record("get", 4096, us);
  return table;
}

test("a table has thirteen columns, and every figure is in its own", () => {
  expect(resultColumns).toEqual([
    "operation",
    "size_bucket",
    "bucket_idx",
    "mean_us",
    "p50_us",
    "p90_us",
    "p95_us",
    "p99_us",
    "max_us",
    "avg_bytes",
    "ops_per_sec",
    "throughput_mibps",
    "count",
  ]);
  const [heading, first] = resultTsv(resultRows(thousand(new LatencyTable()), 2000)).split("\n");
  expect(heading).toBe(resultColumns.join("\t"));
  const cells = ["GET", "1B-8KiB", "1", "500.50", "500.00", "900.00", "950.00", "990.00", "1000.00"];
  expect(first).toBe([...cells, "4096", "500.00", "1.95", "1000"].join("\t"));
});

test("kinds that have operations have a row for all sizes, and nothing else has a row", () => {
  const table = new LatencyTable();
  table.record("put", 100, 10);
  table.record("put", 100_000, 30);
  table.record("get", 100, 20);
  table.record("meta", 0, 5);
  const rows = resultRows(table, 1000).map(({ operation, size_bucket, bucket_idx, avg_bytes, count }) => [
    ...[operation, size_bucket, bucket_idx, avg_bytes, count],
  ]);
  expect(rows).toEqual([
    ["META", "zero", 0, 0, 1],
    ["GET", "1B-8KiB", 1, 100, 1],
    ["PUT", "1B-8KiB", 1, 100, 1],
    ["PUT", "64KiB-512KiB", 3, 100_000, 1],
    ["META", "ALL", 97, 0, 1],
    ["GET", "ALL", 98, 100, 1],
    ["PUT", "ALL", 99, 50_050, 2],
  ]);
  expect(resultRows(new LatencyTable(), 1000)).toEqual([]);
});
