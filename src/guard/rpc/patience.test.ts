import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Patience } from "./patience.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const limits = { wholeMs: 10, idleMs: 60 };

/** A connection, and whether it has been ended. */
function connection(holds = (): boolean => false) {
  let ended = false;
  const patience = new Patience(limits, holds, () => {
    ended = true;
  });
  return { patience, ended: () => ended };
}

test("a request has its time from the first byte on, whatever drips in", () => {
  const { patience, ended } = connection();
  for (let passedMs = 0; passedMs < 9; passedMs += 1) {
    patience.arrived();
    vi.advanceTimersByTime(1);
  }
  expect(ended()).toBe(false);
  vi.advanceTimersByTime(1);
  expect(ended()).toBe(true);
});

test("a whole request has all the time that its answer takes, and so have those that came behind it", () => {
  const { patience, ended } = connection();
  patience.asked();
  patience.asked();
  vi.advanceTimersByTime(1000);
  patience.answered();
  vi.advanceTimersByTime(1000);
  expect(ended()).toBe(false);
});

test("after the answer it may be idle for a while, and a request that begins then has its own time", () => {
  const { patience, ended } = connection();
  patience.asked();
  patience.answered();
  vi.advanceTimersByTime(59);
  patience.arrived();
  vi.advanceTimersByTime(9);
  expect(ended()).toBe(false);
  patience.asked();
  patience.answered();
  vi.advanceTimersByTime(60);
  expect(ended()).toBe(true);
});

test("while something runs that ends with it, it may be idle", () => {
  let runs = true;
  const { patience, ended } = connection(() => runs);
  patience.asked();
  patience.answered();
  vi.advanceTimersByTime(1000);
  expect(ended()).toBe(false);
  runs = false;
  vi.advanceTimersByTime(60);
  expect(ended()).toBe(true);
});

test("what runs is no excuse for a request that does not come whole", () => {
  const { patience, ended } = connection(() => true);
  patience.asked();
  patience.answered();
  patience.arrived();
  vi.advanceTimersByTime(10);
  expect(ended()).toBe(true);
});

test("nothing is ended that was closed", () => {
  const { patience, ended } = connection();
  patience.close();
  patience.asked();
  patience.answered();
  vi.advanceTimersByTime(1000);
  expect(ended()).toBe(false);
});
