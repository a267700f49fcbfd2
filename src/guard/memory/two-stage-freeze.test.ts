import { beforeEach, expect, test } from "vitest";
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

test("below 4 % free the largest of the lowest class is frozen first, the next at the next look, each confirmed by the kernel", () => {
  low.freezesInMs = 300;
  high.mib = 610;
  expect(host.look()).toEqual(["low2 clamp headroom", "low clamp headroom", "low2 freeze headroom"]);
  expect(host.files.get("/root/low2/framework/cgroup.freeze")).toBe("1");
  expect(host.files.get("/root/low2/tools/cgroup.freeze")).toBe("1");
  expect(host.look()).toEqual(["low2 frozen confirmed", "low freeze headroom"]);
  expect(host.stages()).toEqual({ low: "freezing", low2: "frozen" });
  expect(host.run(250)).toEqual([]);
  expect(host.run(100)).toEqual(["low frozen confirmed"]);
});

test("a better class is frozen after a lower one, however small that is", () => {
  const normal = session("normal", 2, 300);
  low2.mib = 20;
  host.sessions = [high, low, low2, normal];
  high.mib = 540;
  const frozen = host.run(200).filter((line) => line.endsWith("freeze headroom"));
  expect(frozen).toEqual(["low freeze headroom", "low2 freeze headroom", "normal freeze headroom"]);
});

test("when it is very late all are frozen at once", () => {
  high.mib = 640;
  expect(host.look().filter((line) => line.endsWith("freeze headroom"))).toHaveLength(2);
});

test("a freeze that does not come about in 2.5 s is told once, kills nothing, and others are frozen", () => {
  low2.freezesInMs = 60_000;
  low2.tools = [{ directory: "/root/low2/tools/a", currentBytes: 10 * mebibyte }];
  high.mib = 610;
  host.run(2500);
  expect(host.stages()).toEqual({ low: "frozen", low2: "freezing" });
  host.run(100);
  const escalation = host.told.at(-1);
  expect([escalation?.action, escalation?.reason, escalation?.threshold]).toEqual(["escalate", "freeze_wait", 2500]);
  expect([host.run(3000), host.killed]).toEqual([[], []]);
});

test("a freeze that does not come about is taken back when there is room again", () => {
  low2.freezesInMs = 60_000;
  low2.tools = [{ directory: "/root/low2/tools/a", currentBytes: 10 * mebibyte }];
  high.mib = 610;
  host.run(1000);
  high.mib = 480;
  host.run(2000);
  expect([host.killed, host.stages()["low2"]]).toEqual([[], "freezing"]);
  high.mib = 300;
  host.run(1000);
  expect([host.killed, host.stages()]).toEqual([[], {}]);
});

test("frozen sessions go on one after the other, never all at once", () => {
  high.mib = 610;
  host.run(31_000);
  expect(Object.values(host.stages()).toSorted()).toEqual(["clamped", "frozen"]);
});

test("who grows in spite of his clamp is frozen before memory is very scarce, who stays at it goes on", () => {
  high.mib = 520;
  host.look();
  low.mib += 1;
  expect(host.look()).toEqual([]);
  low.mib += 3;
  expect(host.look()).toEqual(["low freeze leak"]);
  expect(host.told.at(-1)).toMatchObject({ threshold: 202 * mebibyte, to: "freezing" });
  expect(host.look()).toEqual(["low frozen confirmed"]);
  expect(host.stages()).toEqual({ low: "frozen", low2: "clamped" });
});

test("who was above a limit of his own when he was clamped does not count as growing in spite of it", () => {
  low2.mib = 250;
  host.sessions = [
    high,
    low,
    { ...low2, place: { ...low2.place, standing: { ...low2.place.standing, high: mib(240) } } },
  ];
  high.mib = 520;
  host.look();
  expect([host.run(1000), host.stages()]).toEqual([[], { low: "clamped", low2: "clamped" }]);
});
