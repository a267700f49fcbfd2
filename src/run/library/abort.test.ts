import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { whenAborted } from "./abort.ts";

const never = new Promise<never>(() => {});

test("many jobs of one signal are one listener, and each is told of the abort", () => {
  const aborting = new AbortController();
  const told: number[] = [];
  for (let job = 0; job < 200; job += 1) whenAborted(aborting.signal, never, async () => told.push(job));
  expect(getEventListeners(aborting.signal, "abort")).toHaveLength(1);
  aborting.abort();
  expect(told).toEqual(Array.from({ length: 200 }, (_, job) => job));
});

test("a job that has its result is told nothing", async () => {
  const aborting = new AbortController();
  let times = 0;
  whenAborted(aborting.signal, Promise.resolve(), async () => (times += 1));
  await Promise.resolve();
  aborting.abort();
  expect(times).toBe(0);
});

test("a signal that has come already acts at once", () => {
  let times = 0;
  whenAborted(AbortSignal.abort(), never, async () => (times += 1));
  expect(times).toBe(1);
});
