import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { VirtualClock } from "../../../test/shared/scenario/virtual-clock.ts";
import { settlesWithin, systemClock } from "./index.ts";

const never = (): Promise<never> => new Promise(() => {});

test("a promise settles in time or not; what it throws in time is thrown", async () => {
  const clock = new VirtualClock();
  const later = (ms: number): Promise<void> => clock.sleep(ms);
  expect(await clock.run(settlesWithin(clock, later(10), 20))).toBe(true);
  expect(await clock.run(settlesWithin(clock, later(30), 20))).toBe(false);
  const fails = async (ms: number): Promise<never> => {
    await later(ms);
    throw new Error("no");
  };
  await expect(clock.run(settlesWithin(clock, fails(10), 20))).rejects.toThrow("no");
  expect(await clock.run(settlesWithin(clock, fails(30), 20))).toBe(false);
});

test("a cut ends the wait, counts nothing that has settled already as late, and leaves no listener", async () => {
  const over = new AbortController();
  const waiting = settlesWithin(systemClock, never(), 60_000, over.signal);
  const asleep = systemClock.sleep(60_000, over.signal);
  over.abort();
  expect([await waiting, await asleep]).toEqual([false, undefined]);
  expect(await settlesWithin(systemClock, Promise.resolve(), 60_000, over.signal)).toBe(true);
  expect(await settlesWithin(systemClock, never(), 60_000, over.signal)).toBe(false);
  const open = new AbortController();
  await settlesWithin(systemClock, Promise.resolve(), 60_000, open.signal);
  expect(getEventListeners(open.signal, "abort")).toEqual([]);
});
