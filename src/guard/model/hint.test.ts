import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Hint } from "./hint.ts";
import { checkHintValue, maxHintLength, readHint } from "./hint.ts";
import { hintKeys } from "./tool-documents.ts";

const mib = 2 ** 20;
const gib = 2 ** 30;

const understood: readonly (readonly [string, Hint])[] = [
  ["", {}],
  ["memory:low", { memoryBytes: 256 * mib }],
  ["memory:medium", { memoryBytes: gib }],
  ["memory:high", { memoryBytes: "max" }],
  ["memory:2g", { memoryBytes: 2 * gib }],
  ["memory:2G", { memoryBytes: 2 * gib }],
  ["memory:512m", { memoryBytes: 512 * mib }],
  ["memory:512M", { memoryBytes: 512 * mib }],
  ["memory=512MiB", { memoryBytes: 512 * mib }],
  ["memory=2048k", { memoryBytes: 2 * mib }],
  ["cpu=150", { cpuPercent: 150 }],
  ["cpu=150%", { cpuPercent: 150 }],
  ["time=90s", { timeMs: 90_000 }],
  ["time=250ms", { timeMs: 250 }],
  ["pids=64", { pids: 64 }],
  ["io=50", { ioWeight: 50 }],
  ["class=low", { class: "low" }],
  [
    "memory:1g, cpu=200; time=5m\tpids=32\nio=10 class=besteffort",
    { memoryBytes: gib, cpuPercent: 200, timeMs: 300_000, pids: 32, ioWeight: 10, class: "besteffort" },
  ],
];

test.each(understood)("%j is understood whole", (text, hint) => {
  expect(readHint(text)).toEqual({ hint, ignored: [] });
});

const refused: readonly (readonly [string, string])[] = [
  ["memory:0g", 'memory expects low, medium, high or a size of 1M or more such as 512M or 2G, not "0g"'],
  ["memory:-1g", 'memory expects low, medium, high or a size of 1M or more such as 512M or 2G, not "-1g"'],
  ["memory:1k", 'memory expects low, medium, high or a size of 1M or more such as 512M or 2G, not "1k"'],
  ["memory:007g", 'memory expects low, medium, high or a size of 1M or more such as 512M or 2G, not "007g"'],
  ["memory:1e3g", 'memory expects low, medium, high or a size of 1M or more such as 512M or 2G, not "1e3g"'],
  ["memory:512", 'memory expects low, medium, high or a size of 1M or more such as 512M or 2G, not "512"'],
  ["memory:1000000g", 'memory expects low, medium, high or a size of 1M or more such as 512M or 2G, not "1000000g"'],
  [
    "memory:constructor",
    'memory expects low, medium, high or a size of 1M or more such as 512M or 2G, not "constructor"',
  ],
  ["cpu=0", 'cpu expects percent of one CPU from 1 to 1000000, not "0"'],
  ["cpu=2000000", 'cpu expects percent of one CPU from 1 to 1000000, not "2000000"'],
  ["time=5", 'time expects a duration such as 30s or 5m, not "5"'],
  ["time=0s", 'time expects a duration such as 30s or 5m, not "0s"'],
  ["pids=0", 'pids expects a number of processes from 1 to 4194304, not "0"'],
  ["io=10001", 'io expects a weight from 1 to 10000, not "10001"'],
  ["class=root", 'class expects one of high, normal, low, besteffort, not "root"'],
  ["toString:1", '"toString:1" is no hint; there are memory, cpu, time, pids, io, class'],
  ["gpu=1", '"gpu=1" is no hint; there are memory, cpu, time, pids, io, class'],
  ["memory", '"memory" is no hint; there are memory, cpu, time, pids, io, class'],
  ["Memory:low", '"Memory:low" is no hint; there are memory, cpu, time, pids, io, class'],
];

test.each(refused)("%j counts as not given, and is told", (text, why) => {
  const { hint, ignored } = readHint(text);
  expect([hint, ignored.map(({ message }) => message)]).toEqual([{}, [why]]);
});

test("a part that is not heeded is told by its place, its key and why, without its text", () => {
  const { ignored } = readHint("gpu=1 memory:1g, memory:2g;time=soon");
  expect(ignored.map(({ message: _, ...rest }) => rest)).toEqual([
    { part: 1, key: null, why: "unknown" },
    { part: 3, key: "memory", why: "twice" },
    { part: 4, key: "time", why: "value" },
  ]);
});

test("a value that is given by itself is one value of its key, and brings no other along", () => {
  const good = { memory: "512m", cpu: "150", time: "5m", pids: "9", io: "50", class: "low" } as const;
  for (const key of hintKeys) expect(() => checkHintValue(key, good[key])).not.toThrow();
  expect(() => checkHintValue("memory", "lots")).toThrow(/^expects low, medium, high or a size .*, not "lots"$/);
  expect(() => checkHintValue("memory", "1g memory:8g")).toThrow(RangeError);
  expect(() => checkHintValue("time", "5")).toThrow(/^expects a duration such as 30s or 5m, not "5"$/);
});

// W2: the original evaluated what stands before the unit.
test("a command in a hint is no more than a text that is not understood", () => {
  expect(readHint("memory:a[$(touch$IFS/tmp/owned)]g").hint).toEqual({});
  const { hint, ignored } = readHint("memory:`id`g cpu=$((1+1))");
  expect(hint).toEqual({});
  expect(ignored.map(({ message }) => message)).toEqual([
    'memory expects low, medium, high or a size of 1M or more such as 512M or 2G, not "`id`g"',
    'cpu expects percent of one CPU from 1 to 1000000, not "$((1+1))"',
  ]);
});

test("what is wrong with one item costs that item only, and the first of two counts", () => {
  const { hint, ignored } = readHint("memory:0g cpu=50 pids=8 pids=9");
  expect(hint).toEqual({ cpuPercent: 50, pids: 8 });
  expect(ignored.map(({ message }) => message)).toEqual([
    'memory expects low, medium, high or a size of 1M or more such as 512M or 2G, not "0g"',
    'pids is given twice; the first counts, not "9"',
  ]);
});

test("a text that is too long is not looked at", () => {
  const text = `cpu=50 ${"x".repeat(maxHintLength)}`;
  expect(readHint(text)).toEqual({
    hint: {},
    ignored: [
      {
        part: null,
        key: null,
        why: "too-long",
        message: `the hint has ${text.length} characters, more than ${maxHintLength}`,
      },
    ],
  });
});

test("no text throws, and what is understood is in range", () => {
  const word = fc.constantFrom(
    "memory:",
    "cpu=",
    "time=",
    "pids=",
    "io=",
    "class=",
    "low",
    "9",
    "g",
    "s",
    "-",
    "$(",
    " ",
  );
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(word).map((words) => words.join("")),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const { memoryBytes = "max", cpuPercent = 1, timeMs = 1, pids = 1, ioWeight = 1 } = readHint(text).hint;
      expect(memoryBytes === "max" || memoryBytes >= mib).toBe(true);
      expect(Math.min(cpuPercent, timeMs, pids, ioWeight)).toBeGreaterThanOrEqual(1);
    }),
    { numRuns: 1000 },
  );
});
