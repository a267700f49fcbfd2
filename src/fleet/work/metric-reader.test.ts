import { expect, test } from "vitest";
import { noTotals } from "../model/index.ts";
import { MetricReader, totalsOf } from "./metric-reader.ts";
import type { MetricSpec } from "./metric-spec.ts";
import { jsonPath } from "./metric-spec.ts";

const spec = (name: string, more: Partial<MetricSpec>): MetricSpec => ({
  name,
  stream: "stdout",
  line: null,
  json: null,
  take: "last",
  ...more,
});

function read(specs: readonly MetricSpec[], ...texts: string[]): Record<string, number> {
  const values = new Map<string, number>();
  const reader = new MetricReader(specs, values);
  for (const text of texts) reader.read(text);
  reader.end();
  return Object.fromEntries(values);
}

test("of several values of a line the one that is asked for is taken", () => {
  const lines = "n=3\nn=1\nother\nn=2";
  const of = (take: MetricSpec["take"]) => read([spec("n", { line: "n={}", take })], lines)["n"];
  expect((["last", "first", "sum", "min", "max", "count"] as const).map(of)).toEqual([2, 3, 6, 1, 3, 3]);
});

test("lines may come in any pieces, and the last needs no end", () => {
  expect(read([spec("n", { line: "n={}", take: "sum" })], "n=1", "2\nn", "=", "3", "\n", "n=5")).toEqual({ n: 20 });
});

test("a document over many lines, one in a line, and many lines of them are read", () => {
  const iops = spec("iops", { json: jsonPath("jobs[1].read.iops") });
  const document = { jobs: [{}, { read: { iops: 42.5 } }] };
  expect(read([iops], JSON.stringify(document, null, 2))).toEqual({ iops: 42.5 });
  expect(read([iops], `${JSON.stringify(document)}\n`)).toEqual({ iops: 42.5 });
  expect(read([spec("n", { json: ["n"], take: "sum" })], '{"n":1}\nnoise\n{"n":2}\n{"m":9}\n{"n":"3"}\n')).toEqual({
    n: 3,
  });
});

test("what is no document, or goes nowhere, gives no figure", () => {
  expect(read([spec("n", { json: ["n"] })], "{oops}\n", '{"a":1}', "\n")).toEqual({});
  expect(() => jsonPath("a..b")).toThrow("expects a way into a JSON document");
  expect(() => jsonPath("a[x]")).toThrow("expects a way into a JSON document");
  expect(jsonPath("a[0].b c[12]")).toEqual(["a", 0, "b c", 12]);
});

test("figures with the names of totals are totals", () => {
  const values = new Map([
    ["get_operations", 12.4],
    ["put_bytes", -1],
    ["errors", 3],
    ["p99_us", 1.5],
  ]);
  expect(totalsOf(values)).toEqual({ ...noTotals, getOperations: 12n, errors: 3n, metrics: { p99_us: 1.5 } });
});

test("the end of the output is kept, however much there was", () => {
  const reader = new MetricReader([], new Map());
  for (let at = 0; at < 1000; at += 1) reader.read(`${"x".repeat(99)}${at % 10}`);
  expect(reader.tail.length).toBe(4096);
  expect(reader.tail.endsWith("9")).toBe(true);
});
