import { describe, expect, test } from "vitest";
import { dilationNotes } from "./dilation-notes.ts";
import { dilationOf, mostFactor, nominalCosts, readGauge, slowFrom } from "./dilation-of.ts";

/** A round that costs so many times the nominal. */
const round = (compute: number, process = compute, timer = 1) => ({
  compute: compute * nominalCosts.compute,
  timer: timer * nominalCosts.timer,
  process: process * nominalCosts.process,
});

describe("the factor", () => {
  test("is exactly 1 on a machine of about nominal speed", () => {
    for (const compute of [0.2, 1, 1.49]) expect(dilationOf([round(compute), round(compute)]).factor).toBe(1);
    expect(slowFrom).toBe(1.5);
  });

  test("is 1 on such a machine under load too: its quickest round tells", () => {
    const { factor, costs } = dilationOf([round(30, 90), round(1.2, 60), round(25, 40)]);
    expect([factor, costs]).toEqual([1, { computeBest: 1.2, compute: 25, timer: 1, process: 60 }]);
  });

  test("is the geometric mean of computing and processes on a slow one, by the medians", () => {
    expect(dilationOf([round(4, 16), round(4, 16), round(90, 900)]).factor).toBe(8);
    // Processes that are cheap for once make no slow machine quicker.
    expect(dilationOf([round(5, 1)]).factor).toBe(5);
  });

  test("has an upper bound", () => {
    expect(dilationOf([round(400)]).factor).toBe(mostFactor);
  });

  test("without any round is 1, and unknown", () => {
    expect(dilationOf([])).toEqual({ factor: 1, source: "unknown", costs: null });
  });
});

test("what is no line of the gauge is left out", () => {
  expect(readGauge("round 1 2 3\nround 4 5\nnoise\nround 7 8 9\nround 1 2 3x\nrou")).toEqual([
    { compute: 1, timer: 2, process: 3 },
    { compute: 7, timer: 8, process: 9 },
  ]);
});

test("what was done about it is told, and nothing where nothing was", () => {
  const record = { source: "measured", costs: null, limitsMs: {}, uncountedMs: 1500 } as const;
  expect(dilationNotes({ ...record, factor: 1, uncountedMs: 0 })).toEqual([]);
  expect(dilationNotes({ ...record, factor: 12.5 })).toEqual([
    "because time is 12.5 times slower here, limits in time of the engine's own, of wait and of wait_payload were multiplied by that",
    "because time is slower here, the duration counted settling and holds alone: 1.50 s of set-up, ops and teardown are beside it",
  ]);
  expect(dilationNotes({ ...record, factor: 1, source: "unknown" })).toEqual([
    "how slow this machine is could not be measured: no limit in time was stretched",
  ]);
});
