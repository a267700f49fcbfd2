import { array, assert, boolean, constantFrom, double, integer, option, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import type { Checks } from "../model/index.ts";
import { mergeChecks, noOverrides } from "./merge.ts";
import { foldOutcomes, outcomes, verdictExitStatus } from "./result.ts";

const number = double({ min: 0, noNaN: true });
const layer = record(
  {
    notStuck: boolean(),
    isolation: boolean(),
    failOnRqClockStuck: boolean(),
    enforceMonitorThresholds: boolean(),
    maxGapMs: number,
    maxSpreadPct: number,
    minPageLocality: number,
    sustainedSamples: integer({ min: 1, max: 100 }),
  },
  { requiredKeys: [] },
);

describe("layers of checks", () => {
  test("a layer that asks for nothing changes nothing", () => {
    assert(
      property(layer, (one: Checks) => {
        expect(mergeChecks(one, noOverrides)).toEqual(one);
        expect(mergeChecks(noOverrides, one)).toEqual(one);
        expect(mergeChecks(one)).toEqual(one);
      }),
    );
    expect(mergeChecks()).toEqual({});
  });

  test("in which order neighbours are merged does not matter", () => {
    assert(
      property(layer, layer, layer, (a: Checks, b: Checks, c: Checks) => {
        expect(mergeChecks(mergeChecks(a, b), c)).toEqual(mergeChecks(a, mergeChecks(b, c)));
        expect(mergeChecks(a, b, c)).toEqual(mergeChecks(mergeChecks(a, b), c));
      }),
    );
  });

  test("the last layer that defines a field has it", () => {
    assert(
      property(array(layer, { minLength: 1 }), (layers: Checks[]) => {
        const merged = mergeChecks(...layers);
        for (const key of ["notStuck", "isolation", "maxGapMs", "sustainedSamples"] as const)
          expect(merged[key]).toBe(layers.findLast((one) => one[key] !== undefined)?.[key]);
      }),
    );
  });

  test("false takes back a true below; undefined does not", () => {
    expect(mergeChecks({ notStuck: true, maxGapMs: 5 }, { notStuck: false })).toEqual({ notStuck: false, maxGapMs: 5 });
    expect(mergeChecks({ notStuck: true }, { notStuck: undefined } as unknown as Checks)).toEqual({ notStuck: true });
  });

  test("enforced thresholds are taken back by no layer", () => {
    assert(
      property(array(option(layer, { nil: {} })), (layers: Checks[]) => {
        const asked = layers.some((one) => one.enforceMonitorThresholds === true);
        expect(mergeChecks(...layers).enforceMonitorThresholds === true).toBe(asked);
      }),
    );
  });
});

describe("the verdict over outcomes", () => {
  test("fail goes before inconclusive, that before pass, that before skip", () => {
    assert(
      property(array(constantFrom(...outcomes), { minLength: 1 }), (all) => {
        const order = ["fail", "inconclusive", "pass", "skip"] as const;
        expect(foldOutcomes(all)).toBe(order.find((one) => all.includes(one)));
      }),
    );
  });

  test("nothing at all is a pass", () => {
    expect(foldOutcomes([])).toBe("pass");
  });

  test("what is folded in parts is folded as a whole", () => {
    const some = array(constantFrom(...outcomes), { minLength: 1 });
    assert(
      property(some, some, (a, b) => {
        expect(foldOutcomes([foldOutcomes(a), foldOutcomes(b)])).toBe(foldOutcomes([...a, ...b]));
      }),
    );
  });

  test("exit statuses are 0 for pass and skip, 1 for fail, 2 for inconclusive", () => {
    expect(verdictExitStatus).toEqual({ pass: 0, skip: 0, fail: 1, inconclusive: 2 });
  });
});
