import { expect, test } from "vitest";
import { chunkStates } from "./chunk-table.ts";
import { planReleases } from "./release-plan.ts";

const { raw, rejected, packed, filled, fresh } = chunkStates;

test.each([
  ["a page with one raw chunk stays", [packed, packed, raw, packed], 4, [0, 1, 3], []],
  ["a page with a rejected chunk stays", [packed, rejected], 2, [0], []],
  ["packed, filled and untouched chunks leave their page empty", [packed, filled, fresh, packed], 4, [3], [[0, 1]]],
  [
    "neighbours become one run",
    [packed, packed, packed, raw, packed],
    1,
    [0, 1, 2, 4],
    [
      [0, 3],
      [4, 1],
    ],
  ],
  ["what lies behind the last chunk is empty", [raw, raw, packed], 2, [2], [[1, 1]]],
  ["a page is named once", [packed, packed, packed, packed], 2, [0, 1, 2, 3], [[0, 2]]],
])("%s", (_rule, states, chunksPerUnit, chunks, runs) => {
  const plan = planReleases(Uint8Array.from(states), chunks, { base: 0, chunkCount: states.length, chunksPerUnit });
  expect(plan.map(({ first, count }) => [first, count])).toEqual(runs);
});
