import { describe, expect, test } from "vitest";
import { dilationNotes } from "./dilation-notes.ts";
import { dilationOf, mostFactor, nominalCosts, readGauge, slowFrom } from "./dilation-of.ts";

/** A round that costs so many times the nominal. */
const round = (compute: number, process = compute, timer = 1) => ({
  compute: compute * nominalCosts.compute,
  timer: timer * nominalCosts.timer,
  process: process * nominalCosts.process,
});

/** Both factors. */
const factorsOf = (rounds: Parameters<typeof dilationOf>[0]): readonly number[] => {
  const { factor, setupFactor } = dilationOf(rounds);
  return [factor, setupFactor];
};

describe("the factor", () => {
  test("is exactly 1 on a machine of about nominal speed", () => {
    for (const compute of [0.2, 1, 1.49]) expect(factorsOf([round(compute), round(compute)])).toEqual([1, 1]);
    expect(slowFrom).toBe(1.5);
  });

  test("is 1 on such a machine under load too: its quickest round tells", () => {
    expect(dilationOf([round(30, 90), round(1.2, 60), round(25, 40)])).toEqual({
      ...{ factor: 1, setupFactor: 1, source: "measured" },
      costs: { computeBest: 1.2, compute: 25, timer: 1, process: 60 },
    });
  });

  test("is that of computing on a slow one, and for set-up the geometric mean with processes, by the medians", () => {
    expect(factorsOf([round(4, 16), round(4, 16), round(90, 900)])).toEqual([4, 8]);
    // Processes that are cheap for once make no slow machine quicker.
    expect(factorsOf([round(5, 1)])).toEqual([5, 5]);
  });

  test("has an upper bound", () => {
    expect(factorsOf([round(400)])).toEqual([mostFactor, mostFactor]);
  });

  test("without any round is 1, and unknown", () => {
    expect(dilationOf([])).toEqual({ factor: 1, setupFactor: 1, source: "unknown", costs: null });
  });
});

test("what is no line of the gauge is left out", () => {
  expect(readGauge("round 1 2 3\nround 4 5\nnoise\nround 7 8 9\nround 1 2 3x\nrou")).toEqual([
    { compute: 1, timer: 2, process: 3 },
    { compute: 7, timer: 8, process: 9 },
  ]);
});

test("what was done about it is told, and nothing where nothing was", () => {
  const record = { factor: 1, source: "measured", costs: null, limitsMs: {}, uncountedMs: 1500 } as const;
  expect(dilationNotes({ ...record, setupFactor: 1, uncountedMs: 0 })).toEqual([]);
  expect(dilationNotes({ ...record, setupFactor: 12.5 })).toEqual([
    "because set-up is 12.5 times slower here, limits in time of the engine's own, of wait and of wait_payload were multiplied by that",
    "because set-up is slower here, the duration counted settling and holds alone: 1.50 s of set-up, ops and teardown are beside it",
  ]);
  expect(dilationNotes({ ...record, setupFactor: 1, source: "unknown" })).toEqual([
    "how slow this machine is could not be measured: no limit in time was stretched",
  ]);
});
