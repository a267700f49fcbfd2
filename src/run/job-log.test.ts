import { expect, test } from "vitest";
import { formatWallTime } from "./job-log.ts";

test("wall time is written as toISOString writes it", () => {
  const times = [0, 1, 951_782_399_999, 951_782_400_000, 1_795_225_489_244, 4_102_444_800_007, Date.now()];
  expect(times.map((time) => formatWallTime(new Date(time)))).toEqual(
    times.map((time) => new Date(time).toISOString()),
  );
});
