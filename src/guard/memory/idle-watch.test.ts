import { expect, test } from "vitest";
import { IdleWatch } from "./idle-watch.ts";

const looks = (shares: readonly number[]): number[] => {
  const watch = new IdleWatch();
  let cpuUs = 5_000_000;
  return [0, ...shares].map((share, look) => {
    cpuUs += share * 1_000_000;
    return watch.look(look * 1000, cpuUs);
  });
};

test("a group is idle for as long as its tasks have hardly run, and not a moment after they have", () => {
  expect(looks([0, 0.01, 0, 0.5, 0, 0.019])).toEqual([0, 1000, 2000, 3000, 0, 1000, 2000]);
});

test("one look tells nothing", () => {
  expect(looks([])).toEqual([0]);
});
