import { expect, test } from "vitest";
import { beganAfter } from "./left-call.ts";

test("who has the client's pid and began after the call is another process, suspended time left out", () => {
  const call = { startNs: 50_000_000_000n };
  const awake = { uptimeTicks: 10_000, monotonicNs: 100_000_000_000n };
  expect([4999, 5000, 5001, 5002].map((ticks) => beganAfter(call, ticks, awake))).toEqual([false, false, false, true]);
  // Suspended for 20 s meanwhile: ticks have gone on, the call's clock has not.
  const slept = { uptimeTicks: 12_000, monotonicNs: 100_000_000_000n };
  expect([7000, 7001, 7002].map((ticks) => beganAfter(call, ticks, slept))).toEqual([false, false, true]);
});
