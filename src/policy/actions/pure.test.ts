import { expect, test } from "vitest";
import { CorralError } from "../../report/index.ts";
import type { Measure } from "../model/index.ts";
import { doneFromThrown } from "./failure.ts";
import { gainedBytes, judgeGain, leastGainBytes } from "./measure.ts";
import { nextHigh } from "./memory-high.ts";
import { bytesToReclaim } from "./reclaim.ts";
import { done } from "./step.ts";
import { Turns } from "./turns.ts";
import { originalWeight } from "./weight.ts";

const mib = 2 ** 20;

test("what is reclaimed is whole pages, and never more than there is", () => {
  expect(bytesToReclaim({ bytes: 10_000, fractionOfCurrent: null }, mib)).toBe(8192);
  expect(bytesToReclaim({ bytes: 2 * mib, fractionOfCurrent: null }, mib)).toBe(mib);
  expect(bytesToReclaim({ bytes: null, fractionOfCurrent: 0.25 }, mib)).toBe(mib / 4);
  expect(bytesToReclaim({ bytes: null, fractionOfCurrent: 0.001 }, mib)).toBe(0);
});

test("memory.high is a share of the use, within its bounds, in whole pages", () => {
  const step = { percentOfCurrent: 90, leastBytes: 4 * mib, mostBytes: 64 * mib };
  expect(nextHigh(step, 10 * mib)).toBe(9 * mib);
  expect(nextHigh(step, mib)).toBe(4 * mib);
  expect(nextHigh(step, 1000 * mib)).toBe(64 * mib);
  expect(nextHigh({ ...step, mostBytes: null }, 10_000_001)).toBe(Math.floor(9_000_000.9 / 4096) * 4096);
});

test("a weight file is put back as it can be written again", () => {
  expect(originalWeight("default 100\n8:0 200\n")).toBe("default 100");
  expect(originalWeight("1024\n")).toBe("1024");
});

const measure = (change: Partial<Measure>): Measure => ({
  atNs: 0n,
  pssBytes: null,
  rssBytes: null,
  swapBytes: null,
  groupCurrentBytes: null,
  groupSwapBytes: null,
  ...change,
});

test("each action is judged by its figure; one that nobody tells is no judgement", () => {
  const before = measure({ pssBytes: 100, rssBytes: 200, swapBytes: 0, groupCurrentBytes: 1000 });
  const after = measure({ pssBytes: 60, rssBytes: 150, swapBytes: 50, groupCurrentBytes: 400 });
  expect((["pss", "swap", "group", null] as const).map((gain) => gainedBytes(gain, before, after))).toEqual([
    40,
    50,
    600,
    null,
  ]);
  expect(gainedBytes("pss", measure({ rssBytes: 200 }), measure({ rssBytes: 150 }))).toBe(50);
  expect(gainedBytes("group", before, measure({}))).toBeNull();
});

test("what was done and gained nothing says so; what was not done is not judged", () => {
  const applied = done("applied", "done", 1n);
  expect(judgeGain(applied, "pss", leastGainBytes)).toEqual({ outcome: "applied", reason: "done" });
  expect(judgeGain(applied, "pss", leastGainBytes - 1)).toEqual({
    outcome: "applied_no_gain",
    reason: "done; nothing was gained by it",
  });
  expect(judgeGain(applied, null, null).outcome).toBe("applied");
  expect(judgeGain(done("nacked", "no", 1n), "pss", 0).outcome).toBe("nacked");
});

const system = (code: string): CorralError =>
  new CorralError("CGROUP_IO", `cannot write (${code})`, { object: "/f", found: code });

test.each([
  ["ESRCH", "exited_before"],
  ["ENODEV", "exited_before"],
  ["EPERM", "rejected"],
  ["EINVAL", "rejected"],
  ["ENOENT", "rejected"],
  ["EBUSY", "error"],
  ["EIO", "error"],
] as const)("%s of a control file is %s", (errno, outcome) => {
  expect(doneFromThrown(system(errno), 1n)).toMatchObject({ outcome, errno, requestedNs: 1n });
});

test("so many run at a time, the others in order, and a failure lets the next one in", async () => {
  const turns = new Turns(2);
  const log: string[] = [];
  const ends: (() => void)[] = [];
  const task = (name: string) =>
    turns.take(async () => {
      log.push(name);
      await new Promise<void>((resolve) => void ends.push(resolve));
      if (name === "a") throw new Error("a");
    });
  const all = ["a", "b", "c", "d"].map((name) => task(name).catch(() => log.push(`${name} failed`)));
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  await settle();
  expect(log).toEqual(["a", "b"]);
  ends.shift()?.();
  await settle();
  expect(log).toEqual(["a", "b", "c", "a failed"]);
  while (ends.length > 0) {
    ends.shift()?.();
    await settle();
  }
  await Promise.all(all);
  expect(log).toEqual(["a", "b", "c", "a failed", "d"]);
});
