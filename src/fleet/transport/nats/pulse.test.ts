import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { PulseParts } from "./pulse.ts";
import { Pulse } from "./pulse.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

const limits = { lookMs: 1000, absentMs: 5000, silentMs: 40_000 };

/** A pulse whose other side answers as the test says. */
function pulseOf() {
  const world = { answer: "alive" as Awaited<ReturnType<PulseParts["ask"]>>, asked: 0, lost: [] as string[] };
  const away = { sinceMs: null as number | null };
  const pulse = new Pulse({
    limits,
    ask: async () => {
      world.asked += 1;
      return world.answer;
    },
    brokerAwayMs: () => (away.sinceMs === null ? null : performance.now() - away.sinceMs),
    onLost: (why) => void world.lost.push(why),
  });
  pulse.start();
  return { pulse, world, away };
}

test("who speaks is not asked, and who is silent and answers lives on", async () => {
  const { pulse, world } = pulseOf();
  for (let second = 0; second < 10; second += 1) {
    pulse.heard();
    await vi.advanceTimersByTimeAsync(1000);
  }
  expect(world.asked).toBe(0);
  await vi.advanceTimersByTimeAsync(100_000);
  expect([world.asked > 90, world.lost]).toEqual([true, []]);
  pulse.stop();
});

test("who is not at the broker is lost after a while, unless it comes back", async () => {
  const { world } = pulseOf();
  world.answer = "absent";
  await vi.advanceTimersByTimeAsync(5000);
  expect(world.lost).toEqual([]);
  world.answer = "alive";
  await vi.advanceTimersByTimeAsync(10_000);
  world.answer = "absent";
  await vi.advanceTimersByTimeAsync(7000);
  expect(world.lost).toEqual(["it is not at the broker any more"]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(world.lost.length).toBe(1);
});

test("who is there and says nothing is lost later", async () => {
  const { world } = pulseOf();
  world.answer = "unknown";
  await vi.advanceTimersByTimeAsync(38_000);
  expect(world.lost).toEqual([]);
  await vi.advanceTimersByTimeAsync(4000);
  expect(world.lost).toEqual(["nothing came of it for 40 s"]);
});

test("while the broker is away nobody is judged, until it has been away for too long", async () => {
  const { world, away } = pulseOf();
  world.answer = "absent";
  away.sinceMs = performance.now();
  await vi.advanceTimersByTimeAsync(30_000);
  expect([world.asked, world.lost]).toEqual([0, []]);
  away.sinceMs = null;
  await vi.advanceTimersByTimeAsync(3000);
  expect(world.lost).toEqual([]);
  away.sinceMs = performance.now();
  await vi.advanceTimersByTimeAsync(42_000);
  expect(world.lost).toEqual(["the broker has been away for 40 s"]);
});

test("one that was stopped is not lost", async () => {
  const { pulse, world } = pulseOf();
  world.answer = "absent";
  await vi.advanceTimersByTimeAsync(3000);
  pulse.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(world.lost).toEqual([]);
});
