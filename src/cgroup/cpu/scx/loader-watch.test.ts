import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LoaderWatch } from "./loader-watch.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a helper that speaks is left alone; one that is silent for two looks and more is told of once", () => {
  const told: number[] = [];
  const watch = new LoaderWatch(4000, (silentMs) => told.push(silentMs));
  for (let second = 0; second < 60; second += 4) {
    vi.advanceTimersByTime(4000);
    watch.heard();
  }
  expect(told).toEqual([]);
  vi.advanceTimersByTime(15_000);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(60_000);
  expect(told).toEqual([16_000]);
});

test("a stop of this process for a long time is no silence of the helper's", () => {
  const told: number[] = [];
  const watch = new LoaderWatch(100, (silentMs) => told.push(silentMs));
  // However long it was: one tick of the timer, and then what the helper had said.
  vi.advanceTimersToNextTimer();
  watch.heard();
  vi.advanceTimersToNextTimer();
  watch.heard();
  watch.stop();
  vi.advanceTimersByTime(60_000);
  expect(told).toEqual([]);
});
