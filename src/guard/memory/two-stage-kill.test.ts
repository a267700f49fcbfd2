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

test("with unbiased scores tool calls are killed last, when all are frozen, less than 1 % is left and the protected grow: the largest of the lowest class, one at a time", () => {
  host.settings = { ...host.settings, oomBias: 0 };
  low.tools = [{ directory: "/root/low/tools/a", currentBytes: 50 * mebibyte }];
  low2.tools = [{ directory: "/root/low2/tools/b", currentBytes: 60 * mebibyte }];
  high.mib = 610;
  host.run(200);
  high.mib = 645;
  expect(host.look()).toEqual(["low2 kill headroom"]);
  expect(host.told.at(-1)).toMatchObject({
    kill: "/root/low2/tools/b",
    threshold: 11 * mebibyte,
    from: "frozen",
    to: "frozen",
  });
  low2.tools = [];
  expect(host.run(450)).toEqual([]);
  high.mib = 646;
  expect(host.run(100)).toEqual(["low kill headroom"]);
  low.tools = [];
  expect(host.run(500)).toEqual([]);
  high.mib = 647;
  expect(host.run(1000)).toEqual(["low2 exhausted headroom"]);
  expect(host.run(5000)).toEqual([]);
});

test("nothing is killed while somebody can still be frozen", () => {
  low.tools = [{ directory: "/root/low/tools/a", currentBytes: 50 * mebibyte }];
  low.freezesInMs = 200;
  high.mib = 648;
  expect(host.run(200).filter((line) => line.includes(" kill "))).toEqual([]);
});

test("a low session that never recovers goes on for a while every 30 s, and the second time it costs a tool call", () => {
  host.sessions = [high, low];
  low.tools = [{ directory: "/root/low/tools/a", currentBytes: 50 * mebibyte }];
  high.mib = 860;
  host.run(29_950);
  expect([host.stages(), host.killed]).toEqual([{ low: "frozen" }, []]);
  expect(host.run(200)).toEqual(["low thaw freeze_most"]);
  expect([host.stages(), host.files.get("/root/low/memory.high")]).toEqual([{ low: "clamped" }, mib(200)]);
  expect(host.run(1750)).toEqual([]);
  expect(host.run(200)).toEqual(["low freeze headroom", "low frozen confirmed"]);
  const again = host.run(31_000);
  expect(again.slice(0, 2)).toEqual(["low kill freeze_most", "low thaw freeze_most"]);
  expect(host.killed).toEqual(["/root/low/tools/a"]);
});

test("with biased scores the kernel is left to kill, until the protected stall", () => {
  low.tools = [{ directory: "/root/low/tools/a", currentBytes: 50 * mebibyte }];
  high.mib = 610;
  host.run(200);
  high.mib = 645;
  expect([host.run(400), host.killed]).toEqual([[], []]);
  high.stallUs += 60_000;
  expect(host.look()).toEqual(["low kill headroom"]);
});

test("a tool call that waits for what is only reserved is not killed, however often it was frozen for too long", () => {
  host.settings = { ...host.settings, reserveWindowMs: 3_600_000 };
  host.sessions = [high, low];
  low.tools = [{ directory: "/root/low/tools/a", currentBytes: 50 * mebibyte }];
  high.mib = 860;
  host.run(1000);
  high.mib = 300;
  const lines = host.run(100_000);
  expect(lines.filter((line) => line === "low thaw freeze_most")).toHaveLength(3);
  expect([lines.filter((line) => line.includes(" kill ")), host.killed]).toEqual([[], []]);
  high.mib = 860;
  expect(host.run(33_000).filter((line) => line.includes(" kill "))).toEqual(["low kill freeze_most"]);
});
