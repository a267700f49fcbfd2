import { expect, test } from "vitest";
import { FaultPolicy } from "./fault-policy.ts";
import type { Readings } from "./readings.ts";
import { plainPlaceOf, protectedReading } from "./simulation.ts";

const plain = plainPlaceOf("high");
const high = { ...plain, name: "/root/high", standing: { ...plain.standing, min: "5" } };

const readings = (nowMs: number, faults: number): Readings => ({
  nowMs,
  limitBytes: 1000,
  headroomBytes: 500,
  boundBy: "/root",
  rootStallUs: 0,
  protects: [protectedReading(high, { faults })],
  domains: [],
  places: [high],
});

const begin = (settings: Partial<ConstructorParameters<typeof FaultPolicy>[0]>) => {
  const policy = new FaultPolicy({ threshold: 100, belowLow: true, belowMin: false, ...settings });
  return (nowMs: number, faults: number) =>
    policy
      .step(readings(nowMs, faults))
      .map(({ action, writes }) => [action, ...writes.map(({ path, value }) => `${path} ${value}`)].join(" "));
};

test("more faults than the threshold within a second protect all that the group has, for a second after the last time", () => {
  const look = begin({});
  expect([look(0, 5000), look(500, 5100)]).toEqual([[], []]);
  expect(look(600, 5101)).toEqual(["protect /root/high/memory.low max"]);
  expect([look(1000, 5301), look(1999, 5301)]).toEqual([[], []]);
  expect(look(2000, 5301)).toEqual(["unprotect /root/high/memory.low 0"]);
});

test("faults that are spread over more than a second do not add up", () => {
  const look = begin({});
  for (let nowMs = 0; nowMs < 10_000; nowMs += 100) expect(look(nowMs, nowMs / 10)).toEqual([]);
});

test("memory.min is written when that is asked for, and gets back what it held", () => {
  const look = begin({ belowLow: false, belowMin: true, threshold: 1 });
  look(0, 0);
  expect(look(10, 2)).toEqual(["protect /root/high/memory.min max"]);
  expect(look(1010, 2)).toEqual(["unprotect /root/high/memory.min 5"]);
});
