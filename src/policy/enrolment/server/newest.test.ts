import { expect, test } from "vitest";
import { Newest } from "./newest.ts";

test("the newest so many are remembered, with what was put in last, and never more than twice as many", () => {
  const newest = new Newest<number, string>(3);
  newest.set(1, "first");
  for (let key = 1; key <= 100; key += 1) newest.set(key, String(key));
  const known = Array.from({ length: 101 }, (_, key) => key).filter((key) => newest.get(key) !== undefined);
  expect(known.slice(-3)).toEqual([98, 99, 100]);
  expect(known.length).toBeLessThanOrEqual(6);
  newest.set(100, "again");
  expect([newest.get(100), newest.get(99)]).toEqual(["again", "99"]);
});
