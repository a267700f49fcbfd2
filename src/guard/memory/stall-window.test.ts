import { expect, test } from "vitest";
import type { ProtectedReading } from "./readings.ts";
import { placeOf, protectedReading } from "./simulation.ts";
import { StallWindow } from "./stall-window.ts";

const reading = (name: string, stallUs: number | null, highHits = 0, maxHits = 0): ProtectedReading =>
  protectedReading(placeOf(name, 3), { stallUs, highHits, maxHits });

test("stall is a share of the window, and goes out of it again", () => {
  const window = new StallWindow();
  const shares = [0, 0, 20_000, 40_000, 40_000, 40_000, 40_000, 40_000, 40_000].map(
    (stallUs, look) => window.take(look * 50, [reading("a", stallUs)], 200).stallShare,
  );
  expect(shares).toEqual([0, 0, 0.1, 0.2, 0.2, 0.2, 0.1, 0, 0]);
});

test("what a session has stalled before it is seen for the first time does not count", () => {
  const window = new StallWindow();
  expect(window.take(0, [reading("a", 9_000_000, 7, 7)], 200)).toEqual({ stallShare: 0, hits: 0 });
});

test("a look that comes late is measured over the time it covers", () => {
  const window = new StallWindow();
  window.take(0, [reading("a", 0)], 200);
  expect(window.take(1000, [reading("a", 100_000)], 200).stallShare).toBe(0.1);
});

test("of several sessions the one that stalls most counts, and the hits of all", () => {
  const window = new StallWindow();
  window.take(0, [reading("a", 0, 1, 1), reading("b", 0, 5, 5)], 200);
  expect(window.take(100, [reading("a", 10_000, 2, 1), reading("b", 50_000, 5, 7)], 200)).toEqual({
    stallShare: 0.25,
    hits: 3,
  });
});

test("without pressure to read there is no share, and hits count all the same", () => {
  const window = new StallWindow();
  window.take(0, [reading("a", null)], 200);
  expect(window.take(50, [reading("a", null, 2)], 200)).toEqual({ stallShare: null, hits: 2 });
});

test("a session that comes back is seen for the first time again", () => {
  const window = new StallWindow();
  window.take(0, [reading("a", 0)], 200);
  window.take(50, [], 200);
  expect(window.take(100, [reading("a", 80_000, 9)], 200)).toEqual({ stallShare: 0, hits: 0 });
});
