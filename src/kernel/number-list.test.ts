import * as fc from "fast-check";
import { expect, test } from "vitest";
import { formatNumberList, parseNumberList } from "./number-list.ts";

test.each([
  ["", []],
  ["\n", []],
  ["0", [0]],
  ["0-3,6", [0, 1, 2, 3, 6]],
  ["6,0-1,1", [0, 1, 6]],
])("the list %j holds %j", (text, numbers) => {
  expect(parseNumberList(text)).toEqual(numbers);
});

test.each(["a", "3-1", "-1", "1-", "0-99999999", "1 2", "0x1"])("%j is not a list", (text) => {
  expect(parseNumberList(text)).toBeNull();
});

test("a list of single numbers reads back as the same numbers, sorted and once each", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(8191), { minLength: 1 }), (numbers) => {
      const sorted = [...new Set(numbers)].sort((a, b) => a - b);
      expect(parseNumberList(numbers.join(","))).toEqual(sorted);
      expect(parseNumberList(formatNumberList(sorted))).toEqual(sorted);
    }),
  );
});

test("no text makes the list parser throw", () => {
  fc.assert(fc.property(fc.string(), (text) => parseNumberList(text) === null || Array.isArray(parseNumberList(text))));
});

test.each([
  [[], ""],
  [[3], "3"],
  [[0, 1, 2, 5, 7, 8], "0-2,5,7-8"],
])("the numbers %j are written as %j", (numbers, text) => {
  expect(formatNumberList(numbers)).toBe(text);
});
