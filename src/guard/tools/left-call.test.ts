import { expect, test } from "vitest";
import { beganAfter, originOf } from "./left-call.ts";

test("the name of a call's group says who asked for it and when; any other name says nothing", () => {
  expect(originOf("tool_4711_123456789012345")).toEqual({ pid: 4711, startNs: 123_456_789_012_345n });
  for (const name of ["tool_4711", "tool_x_1", "left-behind", "tool_1_2_3"]) expect(originOf(name)).toBeNull();
});

test("who has the client's pid and began after the call is another process, suspended time left out", () => {
  const call = { pid: 4711, startNs: 50_000_000_000n };
  const awake = { uptimeTicks: 10_000, monotonicNs: 100_000_000_000n };
  expect([4999, 5000, 5001, 5002].map((ticks) => beganAfter(call, ticks, awake))).toEqual([false, false, false, true]);
  // Suspended for 20 s meanwhile: ticks have gone on, the call's clock has not.
  const slept = { uptimeTicks: 12_000, monotonicNs: 100_000_000_000n };
  expect([7000, 7001, 7002].map((ticks) => beganAfter(call, ticks, slept))).toEqual([false, false, true]);
});
