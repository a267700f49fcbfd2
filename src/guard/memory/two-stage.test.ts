import { beforeEach, expect, test } from "vitest";
import { plainMemory } from "../model/index.ts";
import type { Simulated } from "./simulation.ts";
import { mebibyte, mib, Simulation, session } from "./simulation.ts";

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

test("with enough free nothing is done", () => {
  expect([host.run(1000), host.stages(), host.freeMib]).toEqual([[], {}, 350]);
});

test("below 12 % free every lower session is clamped to what it has, with the values seen and the threshold", () => {
  high.mib = 520;
  expect(host.look()).toEqual(["low2 clamp headroom", "low clamp headroom"]);
  expect([...host.files]).toEqual([
    ["/root/low2/memory.high", mib(250)],
    ["/root/low/memory.high", mib(200)],
  ]);
  expect(host.told[0]).toEqual({
    domain: "low2",
    session: "low2",
    action: "clamp",
    from: "normal",
    to: "clamped",
    reason: "headroom",
    threshold: 132 * mebibyte,
    observed: {
      limit_bytes: 1100 * mebibyte,
      headroom_bytes: 130 * mebibyte,
      reserve_bytes: 0,
      bound_by: "/root",
      stall_share: 0,
      hits: 0,
      current_bytes: 250 * mebibyte,
    },
    writes: [{ path: "/root/low2/memory.high", value: mib(250), standing: "max" }],
    kill: null,
    weight: 10,
  });
  expect(host.run(2000)).toEqual([]);
});

test("a session that has hardly begun is not clamped below 16 MiB, and one with a limit of its own not above that", () => {
  low.mib = 1;
  host.sessions = [
    high,
    low,
    { ...low2, mib: 240, place: { ...low2.place, standing: { ...low2.place.standing, high: mib(240) } } },
  ];
  high.mib = 730;
  host.look();
  expect([...host.files.values()]).toEqual([mib(16)]);
  expect(host.told.map(({ writes }) => writes[0]?.value)).toEqual([mib(240), mib(16)]);
});

test("stall of the protected session above 10 % of 200 ms clamps, above 20 % freezes, where memory is not plenty", () => {
  high.mib = 400;
  host.look();
  host.told.length = 0;
  high.stallUs += 25_000;
  expect(host.look()).toEqual(["low2 clamp stall", "low clamp stall"]);
  expect(host.told[0]?.observed.stall_share).toBe(0.125);
  host.run(200);
  for (let look = 0; look < 4; look += 1) {
    high.stallUs += 15_000;
    host.look();
  }
  const frozen = host.told.find(({ action }) => action === "freeze");
  expect(frozen).toMatchObject({ reason: "stall", threshold: 0.2, domain: "low2", observed: { stall_share: 0.225 } });
});

test("a protected session that stalls while much is free has its own limit to blame: nobody is touched", () => {
  for (let look = 0; look < 20; look += 1) {
    high.stallUs += 40_000;
    high.hits += 10;
    expect(host.look()).toEqual([]);
  }
});

test("a protected session that hits its limits while memory is not plenty clamps the others", () => {
  high.mib = 400;
  host.look();
  high.hits += 1;
  expect(host.look()).toEqual(["low2 clamp hits", "low clamp hits"]);
});

test("thresholds are those of the settings, in the next look", () => {
  high.mib = 400;
  host.look();
  expect(Object.values(host.stages())).toEqual(["leashed", "leashed"]);
  host.settings = { ...plainMemory, clamp: { percent: 25, leastBytes: 0 }, release: { percent: 40, leastBytes: 0 } };
  expect(host.look()).toEqual(["low2 clamp headroom", "low clamp headroom"]);
});

test("a session that is removed in the middle is forgotten, and the rest goes its way", () => {
  high.mib = 610;
  host.run(200);
  host.sessions = [high, low];
  expect(host.look()).toEqual(["low2 forget gone"]);
  expect(host.stages()).toEqual({ low: "frozen" });
  high.mib = 300;
  host.run(500);
  expect([host.stages(), [...host.files]]).toEqual([{}, []]);
});

test("when the protected session has ended, whom nobody is protected from goes on at once", () => {
  host.sessions = [high, low];
  high.mib = 860;
  host.run(200);
  expect(host.stages()).toEqual({ low: "frozen" });
  high.inside = false;
  expect(host.look()).toEqual(["low release not_needed"]);
  expect([host.stages(), [...host.files]]).toEqual([{}, []]);
});

test("the protected session is never touched, whatever happens", () => {
  for (let look = 0; look < 2000; look += 1) {
    high.mib = 200 + ((look * 37) % 450);
    high.stallUs += (look * 7919) % 30_000;
    low.freezesInMs = (look * 13) % 4000;
    host.look();
  }
  expect(host.told.length).toBeGreaterThan(20);
  expect(host.told.filter((one) => JSON.stringify(one.writes).includes("/root/high"))).toEqual([]);
  expect(host.told.filter((one) => one.kill !== null)).toEqual([]);
});
