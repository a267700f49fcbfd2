import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isMoving, Looks } from "./looks.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a value moves when it changes by more than a few per cent", () => {
  expect([isMoving(null, 5), isMoving(100, 100), isMoving(100, 104), isMoving(100, 106)]).toEqual([
    false,
    false,
    false,
    true,
  ]);
  expect([isMoving(0, 1), isMoving(100, Number.POSITIVE_INFINITY), isMoving("a", "b")]).toEqual([true, true, false]);
});

function watchValues(values: readonly (number | null)[], adaptive: boolean) {
  const seen: number[] = [];
  const ends: string[] = [];
  let at = 0;
  const look = () => {
    const value = values[Math.min(at, values.length - 1)];
    at += 1;
    return value == null ? { gone: "gone" } : { value };
  };
  const source = new Looks().open(
    1000,
    adaptive,
    look,
    "why",
  )({ value: (value) => seen.push(value), end: (why) => ends.push(why) });
  return { seen, ends, source };
}

test("the first look comes at once but never before the watch is there, the others at the interval", () => {
  const { seen, source } = watchValues([1], false);
  expect(seen).toEqual([]);
  vi.advanceTimersByTime(0);
  expect(seen).toEqual([1]);
  vi.advanceTimersByTime(2000);
  expect(seen).toEqual([1, 1, 1]);
  source.close();
  vi.advanceTimersByTime(5000);
  expect(seen).toEqual([1, 1, 1]);
  expect(vi.getTimerCount()).toBe(0);
});

test("a value that moves is looked at four times as often, until it rests", () => {
  const { seen, source } = watchValues([100, 200, 300, 300, 300], true);
  vi.advanceTimersByTime(1000);
  expect(seen).toEqual([100, 200]);
  vi.advanceTimersByTime(250);
  expect(seen).toEqual([100, 200, 300]);
  vi.advanceTimersByTime(250);
  expect(seen).toEqual([100, 200, 300, 300]);
  vi.advanceTimersByTime(999);
  expect(seen).toHaveLength(4);
  source.close();
});

test("what is gone ends once, and its timer goes with it", () => {
  const { seen, ends } = watchValues([1, null], false);
  vi.advanceTimersByTime(9000);
  expect([seen, ends]).toEqual([[1], ["gone"]]);
  expect(vi.getTimerCount()).toBe(0);
});
