import { expect, test } from "vitest";
import { PeakReserve } from "./peak-reserve.ts";
import { placeOf, protectedReading } from "./simulation.ts";

const high = placeOf("high", 3);
const high2 = placeOf("high2", 3);
const windowMs = 1000;

/** Looks with so many bytes of one session each. */
function begin() {
  const reserve = new PeakReserve();
  return (nowMs: number, bytes: number, window = windowMs) =>
    reserve.take(nowMs, [protectedReading(high, { currentBytes: bytes })], window);
}

test("what a session had within the window and has not now is reserved", () => {
  const look = begin();
  expect([look(0, 100), look(100, 400), look(200, 150), look(300, 250)]).toEqual([0, 0, 250, 150]);
});

test("a peak counts for as long as the window, and the next best one after it", () => {
  const look = begin();
  expect([look(0, 400), look(500, 300), look(999, 100), look(1001, 100), look(1501, 100)]).toEqual([
    0, 100, 300, 200, 0,
  ]);
});

test("without a window nothing is reserved", () => {
  const look = begin();
  expect([look(0, 400, 0), look(10, 100, 0)]).toEqual([0, 0]);
});

test("several sessions add up, and one that is protected no more is forgotten", () => {
  const reserve = new PeakReserve();
  const take = (nowMs: number, ...sizes: readonly (readonly [typeof high, number])[]) =>
    reserve.take(
      nowMs,
      sizes.map(([place, currentBytes]) => protectedReading(place, { currentBytes })),
      windowMs,
    );
  take(0, [high, 100], [high2, 200]);
  expect(take(100, [high, 40], [high2, 50])).toBe(210);
  expect(take(200, [high2, 50])).toBe(150);
  expect(take(300, [high, 40], [high2, 50])).toBe(150);
});
