import { expect, test } from "vitest";
import { eventLine } from "./scenario-run-command.ts";

test("the begin of a hold says how long it lasts, or that no time was left for it", () => {
  const start = {
    kind: "step_start",
    ...{ step: 1, label: "Step[1]", ops: 0, opMask: 0 },
    ...{ atMs: 900, groups: 2, sets: 2, workers: 3, iterations: 0 },
  } as const;
  expect([
    eventLine({ ...start, holdMs: 250, wantedHoldMs: 500 }),
    eventLine({ ...start, holdMs: 0, wantedHoldMs: 500 }),
    eventLine({ ...start, holdMs: 0, wantedHoldMs: 0 }),
  ]).toEqual([
    "Step[1]: 2 groups, 3 workers, for 250 ms",
    "Step[1]: 2 groups, 3 workers, no time was left for its hold (wanted 500 ms)",
    "Step[1]: 2 groups, 3 workers, for 0 ms",
  ]);
});
