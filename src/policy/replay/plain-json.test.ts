import { expect, test } from "vitest";
import { decodePlain, encodePlain } from "./plain-json.ts";

test("what JSON has no words for comes back as it was", () => {
  const value = {
    whole: 2n ** 70n,
    below: -3n,
    never: Number.POSITIVE_INFINITY,
    map: new Map<unknown, unknown>([[1n, { deep: [2n, null] }]]),
    list: ["", 0, false, null],
  };
  expect(decodePlain(encodePlain(value))).toEqual(value);
  expect(encodePlain({ n: 1n, x: Number.NaN })).toBe('{"n":{"$n":"1"},"x":{"$x":"NaN"}}');
});

test("keys that others chose stay keys: those with a $, and __proto__", () => {
  const text = '{"$n":"not a number","$$":1,"__proto__":{"polluted":true},"constructor":2}';
  const value: unknown = JSON.parse(text);
  const back = decodePlain(encodePlain(value)) as Record<string, unknown>;
  expect(JSON.stringify(back)).toBe(text);
  expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
  expect(back["polluted"]).toBeUndefined();
});

test("what is undefined is left out", () => {
  expect(encodePlain({ a: undefined, b: 1 })).toBe('{"b":1}');
});
