import { describe, expect, test } from "vitest";
import { dilationNotes } from "./dilation-notes.ts";
import {
  busySettings,
  dilationOf,
  gaugeSettings,
  mostFactor,
  nominalCosts,
  readGauge,
  slowFrom,
} from "./dilation-of.ts";

/** A round that costs so many times the nominal. */
const round = (compute: number, process = compute, timer = 1) => ({
  compute: compute * nominalCosts.compute,
  timer: timer * nominalCosts.timer,
  process: process * nominalCosts.process,
});

/** The factors of time, of rates and of set-up. */
const factorsOf = (rounds: Parameters<typeof dilationOf>[0]): readonly number[] => {
  const { factor, rateFactor, setupFactor } = dilationOf(rounds);
  return [factor, rateFactor, setupFactor];
};

describe("the factor", () => {
  test("is exactly 1 on a machine of about nominal speed", () => {
    for (const compute of [0.2, 1, 1.49]) expect(factorsOf([round(compute), round(compute)])).toEqual([1, 1, 1]);
    expect(slowFrom).toBe(1.5);
  });

  test("is 1 on such a machine under load too: its quickest round tells", () => {
    expect(dilationOf([round(30, 90), round(1.2, 60), round(25, 40)])).toEqual({
      ...{ factor: 1, rateFactor: 1, setupFactor: 1, source: "measured" },
      costs: { computeBest: 1.2, compute: 25, computeBusy: null, timer: 1, process: 60 },
    });
  });

  test("is that of the quickest computing on a slow one, and for set-up the geometric mean with processes, by the medians", () => {
    expect(factorsOf([round(3, 16), round(4, 16), round(90, 900)])).toEqual([3, 3, 8]);
    // Processes that are cheap for once make no slow machine quicker.
    expect(factorsOf([round(5, 1)])).toEqual([5, 5, 5]);
  });

  test("of rates and of set-up is that of every CPU at work where that is more: an emulator may have fewer than it tells", () => {
    const perTurn = nominalCosts.compute / gaugeSettings.turns;
    const busy = [3, 9].map((times) => ({ ...round(1), compute: times * perTurn * busySettings.turns }));
    const slow = dilationOf([round(4, 24)], busy);
    expect(slow).toMatchObject({ factor: 4, rateFactor: 6, setupFactor: 12, costs: { computeBusy: 6 } });
    expect(dilationOf([round(9, 9)], busy)).toMatchObject({ factor: 9, rateFactor: 9, setupFactor: 9 });
  });

  test("has an upper bound", () => {
    expect(factorsOf([round(400)])).toEqual([mostFactor, mostFactor, mostFactor]);
  });

  test("without any round is 1, and unknown", () => {
    expect(dilationOf([])).toEqual({ factor: 1, rateFactor: 1, setupFactor: 1, source: "unknown", costs: null });
  });
});

test("what is no line of the gauge is left out", () => {
  expect(readGauge("round 1 2 3\nround 4 5\nnoise\nround 7 8 9\nround 1 2 3x\nrou")).toEqual([
    { compute: 1, timer: 2, process: 3 },
    { compute: 7, timer: 8, process: 9 },
  ]);
});

test("what was done about it is told, and nothing where nothing was", () => {
  const record = {
    factor: 1,
    rateFactor: 1,
    source: "measured",
    costs: null,
    limitsMs: {},
    uncountedMs: 1500,
  } as const;
  expect(dilationNotes({ ...record, setupFactor: 1, uncountedMs: 0 })).toEqual([]);
  expect(dilationNotes({ ...record, setupFactor: 12.5 })).toEqual([
    "because set-up is 12.5 times slower here, limits in time of the engine's own, of wait and of wait_payload were multiplied by that",
    "because set-up is slower here, the duration counted settling and holds alone: 1.50 s of set-up, ops and teardown are beside it",
  ]);
  expect(dilationNotes({ ...record, setupFactor: 1, source: "unknown" })).toEqual([
    "how slow this machine is could not be measured: no limit in time was stretched",
  ]);
});
