import { beforeEach, expect, test } from "vitest";
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

test("with room again all go on one by one, 50 ms apart, and their clamps go after that", () => {
  high.mib = 610;
  host.run(200);
  expect(host.stages()).toEqual({ low: "frozen", low2: "frozen" });
  high.mib = 300;
  expect([host.look(10), host.look(80)]).toEqual([[], []]);
  expect(host.look(20)).toEqual(["low thaw calm"]);
  expect(host.look(30)).toEqual([]);
  expect(host.look(20)).toEqual(["low2 thaw calm"]);
  expect(host.stages()).toEqual({ low: "clamped", low2: "clamped" });
  expect(host.run(300)).toEqual(["low release calm", "low2 release calm"]);
  expect([host.stages(), [...host.files]]).toEqual([{}, []]);
  expect(host.told.filter(({ action }) => action === "release").map(({ weight }) => weight)).toEqual([
    "standing",
    "standing",
  ]);
});

test("between the thresholds nothing is taken back and nothing is done again", () => {
  high.mib = 520;
  host.look();
  high.mib = 460;
  low.mib = 190;
  low2.mib = 240;
  expect([host.freeMib, host.run(5000), host.stages()]).toEqual([210, [], { low: "clamped", low2: "clamped" }]);
});

test("headroom that swings around one threshold moves nobody back and forth", () => {
  for (let look = 0; look < 400; look += 1) {
    high.mib = look % 2 === 0 ? 515 : 535;
    host.look();
  }
  expect(host.told.filter(({ action }) => action === "clamp")).toHaveLength(2);
  expect(host.told.filter(({ action }) => action === "release")).toEqual([]);
});

test("who is clamped again soon after his release is held longer each time: no flapping every second", () => {
  for (let round = 0; round < 60; round += 1) {
    high.mib = 520;
    host.run(500);
    high.mib = 300;
    host.run(500);
  }
  const releases = host.told.filter(({ action, domain }) => action === "release" && domain === "low").length;
  expect(releases).toBeLessThan(5);
  high.mib = 300;
  host.run(6000);
  expect(host.stages()).toEqual({});
});

test("a clamp that lasts while there is some room gives way, to who is at it, and never into the reserve", () => {
  high.mib = 520;
  host.look();
  high.mib = 450;
  host.run(950);
  expect(host.look()).toEqual(["low relax spare", "low2 relax spare"]);
  // 200 MiB free, 68 of them above the threshold of 132, a quarter of that for each of two.
  expect([...host.files.values()]).toEqual([mib(267), mib(217)]);
});
