import { expect, test } from "vitest";
import { byWeight, fleetExit, weightiest } from "./index.ts";

test("an abort outweighs everything, and what failed before the start what failed after it", () => {
  expect(byWeight.map((one) => fleetExit[one])).toEqual([3, 4, 5, 6, 1, 2, 7, 0]);
  expect([...byWeight].toSorted()).toEqual(Object.keys(fleetExit).toSorted());
  expect(weightiest(["partial", "timeout", "rejected"])).toBe("rejected");
  expect(weightiest([])).toBe("completed");
});
