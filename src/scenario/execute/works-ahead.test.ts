import { expect, test } from "vitest";
import { group, work } from "../../../test/shared/scenario/plans.ts";
import type { Workers } from "./ports.ts";
import { WorksAhead } from "./works-ahead.ts";

/** Groups with a worker each; what makes workers notes whose, and who is killed. */
function crowd(count: number) {
  const told: string[] = [];
  const groups = Array.from({ length: count }, (_, at) => group(`g${at}`));
  const make = (name: string): Promise<Workers> => {
    told.push(`make ${name}`);
    if (name === "g2") return Promise.reject(new Error("cannot"));
    return Promise.resolve({ kill: async () => void told.push(`kill ${name}`) } as unknown as Workers);
  };
  const ahead = new WorksAhead();
  const prepare = (at: number): void => ahead.prepare(groups, at, (_, name) => make(name));
  return { told, groups, ahead, prepare };
}

test("in a setup of few groups nothing is made ahead", () => {
  const { told, prepare } = crowd(8);
  prepare(0);
  expect(told).toEqual([]);
});

test("in one of many, workers of the next four groups are made, once, and are whose turn it is", async () => {
  const { told, groups, ahead, prepare } = crowd(9);
  prepare(0);
  prepare(1);
  expect(told).toEqual(["make g0", "make g1", "make g2", "make g3", "make g4"]);
  const [first] = groups[0]?.works ?? [];
  const [third] = groups[2]?.works ?? [];
  expect([first && ahead.take(first), third && ahead.take(third)].every((one) => one instanceof Promise)).toBe(true);
  expect(first && ahead.take(first)).toBe(null);
});

test("those that nobody took are ended, also when some could not be made", async () => {
  const { told, ahead, prepare } = crowd(9);
  prepare(0);
  ahead.clear();
  await new Promise(setImmediate);
  expect(told.slice(4)).toEqual(["kill g0", "kill g1", "kill g3"]);
});

test("what depends on its group waits for it", () => {
  const custom = { name: "x", module: "m.mjs", export: "default", config: null };
  const ahead = new WorksAhead();
  const made: unknown[] = [];
  const works = [
    work({ perCpu: 1 }),
    work({ pcomm: "one" }),
    work({ resources: { kind: "storage" } }),
    work({ resources: { kind: "groups", groups: ["g"] } }),
    work({ custom: custom as never }),
    work({ nice: 3 }),
  ];
  const groups = Array.from({ length: 9 }, () => group("g", { works }));
  ahead.prepare(groups, 8, (one) => {
    made.push(one);
    return new Promise(() => {});
  });
  expect(made).toEqual([works[5]]);
});
