import { expect, test } from "vitest";
import { monotonicClock } from "./index.ts";
import { LoopTimer } from "./loop-timer.ts";

/** Sets a timer for so many milliseconds from now, and tells when it called back and whether that was too early. */
function wake(timer: { current: LoopTimer | null }, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const atNs = monotonicClock.nowNs() + BigInt(Math.round(ms * 1e6));
    timer.current = new LoopTimer(monotonicClock, () => resolve(monotonicClock.nowNs() >= atNs));
    timer.current.set(atNs);
  });
}

test("a timer never calls back before its time, however near that is", async () => {
  const timer = { current: null };
  const inTime: boolean[] = [];
  for (const ms of [0, 0.2, 0.9, 1.1, 3.3, 10.3]) inTime.push(await wake(timer, ms));
  expect(inTime).toEqual([true, true, true, true, true, true]);
});

test("many deadlines one after the other are each met at their time or later, and all of them", async () => {
  const early: number[] = [];
  let met = 0;
  await new Promise<void>((resolve) => {
    const times = Array.from({ length: 40 }, (_, index) => monotonicClock.nowNs() + BigInt(index) * 700_000n);
    const timer = new LoopTimer(monotonicClock, () => {
      const atNs = times[met] ?? 0n;
      if (monotonicClock.nowNs() < atNs) early.push(met);
      met += 1;
      const next = times[met];
      if (next === undefined) resolve();
      else timer.set(next);
    });
    timer.set(times[0] ?? 0n);
  });
  expect([early, met]).toEqual([[], 40]);
});

test("a timer that is set anew forgets the time before, and one that is cleared calls nobody", async () => {
  const called: string[] = [];
  const now = monotonicClock.nowNs();
  const moved = new LoopTimer(monotonicClock, () => called.push("moved"));
  moved.set(now + 1_000_000n);
  moved.set(now + 20_000_000n);
  const cleared = new LoopTimer(monotonicClock, () => called.push("cleared"));
  cleared.set(now + 1_000_000n);
  cleared.set(null);
  await new Promise((resolve) => {
    setTimeout(resolve, 10);
  });
  const before = [...called];
  await new Promise((resolve) => {
    setTimeout(resolve, 60);
  });
  expect([before, called]).toEqual([[], ["moved"]]);
});
