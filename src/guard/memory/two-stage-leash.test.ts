import { beforeEach, expect, test } from "vitest";
import { plainMemory } from "../model/index.ts";
import type { Simulated } from "./simulation.ts";
import { mib, Simulation, session } from "./simulation.ts";

let high: Simulated;
let low: Simulated;
let low2: Simulated;
let host: Simulation;
beforeEach(() => {
  high = session("high", 3, 300);
  low = session("low", 1, 200);
  low2 = session("low2", 1, 250);
  host = new Simulation(high, low, low2);
});

test("below 30 % free every lower session may have its part of what is above the thresholds, and no weight changes", () => {
  high.mib = 350;
  expect(host.look()).toEqual(["low2 leash headroom", "low leash headroom"]);
  // 300 MiB free, 132 and 44 of them for the clamp's and the freeze's thresholds, half of 124 each.
  expect([...host.files]).toEqual([
    ["/root/low2/memory.high", mib(312)],
    ["/root/low/memory.high", mib(262)],
  ]);
  expect(host.told.map(({ weight }) => weight)).toEqual([null, null]);
  expect(host.run(1000)).toEqual([]);
});

test("leashes follow what is left, and together are never more than that", () => {
  high.mib = 350;
  host.look();
  for (const step of [10, 30, 50, 70]) {
    high.mib = 350 + step;
    low.mib = 200 + step / 2;
    host.look();
    const given = [low, low2].map((one) => Number(host.files.get(`/root/${one.place.name}/memory.high`)) / 2 ** 20);
    const slack = given.reduce((sum, bytes) => sum + bytes, 0) - low.mib - low2.mib;
    expect(slack).toBeLessThanOrEqual(Math.max(0, host.freeMib - 132 - 44) + 2);
  }
});

test("they go when more than 36 % are free", () => {
  high.mib = 350;
  host.look();
  high.mib = 280;
  expect(host.look()).toEqual([]);
  high.mib = 250;
  expect(host.look()).toEqual(["low2 loosen calm", "low loosen calm"]);
  expect([host.stages(), [...host.files]]).toEqual([{}, []]);
});

test("what the protected session had a moment ago counts as taken", () => {
  host.settings = { ...plainMemory };
  high.mib = 500;
  host.look();
  host.run(100);
  host.told.length = 0;
  high.mib = 240;
  host.run(1000);
  expect(host.freeMib).toBe(410);
  expect(host.policy.stages().size).toBe(2);
  expect(host.told.filter(({ action }) => action === "loosen" || action === "release")).toEqual([]);
  // Half a minute later it has not come back to it.
  host.run(31_000);
  expect(host.stages()).toEqual({});
});
