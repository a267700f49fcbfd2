import { array, assert, dictionary, double, integer, jsonValue, oneof, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import type { Payload } from "../../model/index.ts";
import { flagProblem, readMetrics, tailOf } from "./index.ts";
import { jsonLeaves } from "./json-leaves.ts";

const json: Payload = { name: "fio", command: ["fio"], output: "json" };
const found = (payload: Payload, stdout: string, stderr = ""): Record<string, number> =>
  Object.fromEntries(readMetrics(payload, { stdout, stderr }).metrics.map(({ name, value }) => [name, value]));

describe("metrics of a JSON document", () => {
  test("every number has its dotted path; texts, truth values and null are none", () => {
    expect(found(json, '{"jobs":[{"read":{"iops":12.5,"name":"x"},"ok":true,"gone":null}],"n":3}')).toEqual({
      "jobs.0.read.iops": 12.5,
      n: 3,
    });
  });

  test("a number that is not finite is none", () => {
    expect(found(json, '{"a":1e999,"b":2}')).toEqual({ b: 2 });
  });

  test("words around the document do not matter, nor braces in its texts", () => {
    expect(found(json, 'fio-3.33 [info] go\n{"a":"}{","b":{"c":1}}\nbye {"d":2}')).toEqual({ "b.c": 1 });
  });

  test("only when stdout has no number is stderr read, and the two are never mixed", () => {
    expect(found(json, '{"a":"x"}', '{"b":1}')).toEqual({ b: 1 });
    expect(found(json, '{"a":1}', '{"b":1}')).toEqual({ a: 1 });
    expect(readMetrics(json, { stdout: "", stderr: '{"b":1}' }).metrics).toEqual([
      { name: "b", value: 1, polarity: "unknown", unit: "", source: "found", stream: "stderr" },
    ]);
  });

  test("output without a document has no metrics and says so", () => {
    expect(readMetrics(json, { stdout: "no {luck", stderr: "" })).toEqual({
      metrics: [],
      problems: ["it printed no JSON document"],
    });
  });

  test("numbers nested deeper than 64 are left out and told", () => {
    const nest = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
    expect(jsonLeaves(JSON.parse(nest(64))).values.size).toBe(1);
    expect(jsonLeaves(JSON.parse(nest(65)))).toEqual({
      values: new Map(),
      problems: ["numbers nested deeper than 64 were left out"],
    });
  });

  test("a declared metric has its polarity and unit", () => {
    const payload: Payload = { ...json, metrics: [{ name: "a", polarity: "higher_better", unit: "ops/s" }] };
    expect(readMetrics(payload, { stdout: '{"a":1}', stderr: "" }).metrics).toEqual([
      { name: "a", value: 1, polarity: "higher_better", unit: "ops/s", source: "declared", stream: "stdout" },
    ]);
  });

  test("any text is read without an exception, and a document between words is found", () => {
    assert(
      property(
        oneof(
          string(),
          jsonValue().map((value) => JSON.stringify(value)),
        ),
        (text) => {
          readMetrics(json, { stdout: text, stderr: text });
        },
      ),
    );
    assert(
      property(dictionary(string(), integer()), (document) => {
        const text = JSON.stringify({ ...document, x: 1 });
        expect(found(json, `begin\n${text}\nend`)).toEqual(found(json, text));
      }),
    );
  });
});

describe("metrics by regular expressions", () => {
  const payload: Payload = {
    name: "sysbench",
    command: ["sysbench"],
    output: "regex",
    metrics: [
      { name: "eps", pattern: String.raw`events per second:\s+([\d.]+)`, unit: "ev/s" },
      { name: "p95", pattern: "^p95 (.*)$" },
    ],
  };

  test("the first group of the first match is the number", () => {
    expect(found(payload, "events per second:  812.5\nevents per second: 3\np95 0x10\n")).toEqual({
      eps: 812.5,
      p95: 16,
    });
  });

  test("what does not fit and what is no number is told", () => {
    expect(readMetrics(payload, { stdout: "p95 fast\n", stderr: "" })).toEqual({
      metrics: [],
      problems: [
        String.raw`metric "eps": nothing fits "events per second:\\s+([\\d.]+)"`,
        'metric "p95": "fast" is no number',
      ],
    });
    expect(
      readMetrics({ ...payload, metrics: [{ name: "a", pattern: "(" }] }, { stdout: "", stderr: "" }).problems,
    ).toEqual(['metric "a": "(" is no regular expression']);
  });
});

describe("flags that a payload knows", () => {
  const payload: Payload = { name: "fio", command: ["fio"], knownFlags: ["--runtime", "rw"] };

  test("the first long flag it does not know is told, with those it does", () => {
    expect(flagProblem(payload, ["--runtime=5", "--rw", "-x", "file", "--", "--bs=4k", "--y"])).toBe(
      'payload "fio" does not know "--bs": it knows --runtime, --rw',
    );
  });

  test("short flags, other words and a bare -- pass", () => {
    expect(flagProblem(payload, ["-b", "x", "--", "--rw=read"])).toBeNull();
  });

  test("an empty list knows no long flag; no list knows all", () => {
    expect(flagProblem({ ...payload, knownFlags: [] }, ["--a"])).toBe(
      'payload "fio" does not know "--a": it knows no long flag',
    );
    expect(flagProblem({ name: "x" }, ["--a"])).toBeNull();
  });
});

test("the end of a text that is kept has at most 4 KiB of whole characters", () => {
  expect(tailOf("short")).toBe("short");
  expect(tailOf(`${"x".repeat(10)}${"é".repeat(2048)}`)).toBe("é".repeat(2048));
  expect(tailOf(`${"é".repeat(2048)}x`)).toBe(`${"é".repeat(2047)}x`);
  assert(
    property(array(double()), (numbers) => {
      expect(Buffer.byteLength(tailOf(numbers.join("é")))).toBeLessThanOrEqual(4096);
    }),
  );
});
