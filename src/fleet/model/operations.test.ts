import { expect, test } from "vitest";
import { sizeBucketOf, sizeBuckets } from "./index.ts";

test("the bound of every bucket belongs to it, and one byte more to the next", () => {
  const bounds = sizeBuckets.slice(0, -1).map(({ mostBytes }) => mostBytes);
  expect(bounds).toEqual([0, 8192, 65_536, 524_288, 4_194_304, 33_554_432, 268_435_456, 2_147_483_648]);
  bounds.forEach((bytes, bucket) => {
    expect([sizeBucketOf(bytes), sizeBucketOf(bytes + 1)]).toEqual([bucket, bucket + 1]);
  });
});
