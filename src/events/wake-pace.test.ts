import { expect, test } from "vitest";
import { WakePace } from "./wake-pace.ts";

/** Notes [records, milliseconds since the beginning] and returns whether it was quiet after each. */
function follow(notes: readonly (readonly [records: number, atMs: number])[]): boolean[] {
  const pace = new WakePace(0);
  return notes.map(([records, atMs]) => {
    const before = pace.quiet;
    expect(pace.note(records, atMs * 1e6)).toBe(before !== pace.quiet);
    return pace.quiet;
  });
}

test("a hundred records a second wake the reader, each", () => {
  expect(
    follow([
      [1, 10],
      [1, 20],
      [1, 30],
      [3, 60],
    ]),
  ).toEqual([false, false, false, false]);
});

test("a burst makes it quiet before the window is over, and a lull wakes it again", () => {
  expect(
    follow([
      [60, 1],
      [50, 2],
      [40, 10],
      [40, 23],
      [5, 40],
      [1, 43],
    ]),
  ).toEqual([false, true, true, true, true, false]);
});

test("between the two rates it stays as it was", () => {
  expect(
    follow([
      [40, 20],
      [100, 21],
      [40, 41],
      [40, 61],
    ]),
  ).toEqual([false, true, true, true]);
});

test("a long lull is over at the first note", () => {
  expect(
    follow([
      [200, 1],
      [1, 5000],
    ]),
  ).toEqual([true, false]);
});
