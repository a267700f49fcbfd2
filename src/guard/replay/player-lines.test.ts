import { expect, test } from "vitest";
import { allocationMs, readPlayed } from "./player-lines.ts";

test("what a player told is read, and a line that is cut off does not count", () => {
  const text = "ready 0 2000000 512\nstep 100000000 5000000 1024\nstep 200000000 1000000 256\nstep 3000";
  const played = readPlayed(text);
  expect(played).toEqual({
    isReady: true,
    steps: [
      { atMs: 0, tookMs: 2, mib: 2 },
      { atMs: 100, tookMs: 5, mib: 4 },
      { atMs: 200, tookMs: 1, mib: 1 },
    ],
    elapsedMs: null,
  });
  expect(allocationMs(played)).toEqual([5]);
  expect(readPlayed(`${text}\nend 400000000\n`).elapsedMs).toBe(400);
  expect(readPlayed("stopped 5\n").elapsedMs).toBe(null);
  expect(readPlayed("")).toEqual({ isReady: false, steps: [], elapsedMs: null });
});
