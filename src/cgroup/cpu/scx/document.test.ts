import { expect, test } from "vitest";
import { SchedulerIntervals } from "./document.ts";
import type { SchedulerCounters } from "./lines.ts";
import { counterNames } from "./lines.ts";

const counted = (some: Partial<SchedulerCounters>): SchedulerCounters =>
  ({ ...Object.fromEntries(counterNames.map((name) => [name, 0])), ...some }) as SchedulerCounters;

test("an interval tells what came since the one before, groups that used most first", () => {
  const intervals = new SchedulerIntervals(1e9, (id) => (id === 9 ? null : `/g${id}`));
  const first = intervals.take(
    {
      atNs: 3e9,
      counters: counted({ act: 4, next: 10 }),
      groups: [
        { id: 7, weight: 100, ranNs: 5e8, runnable: 2 },
        { id: 8, weight: 300, ranNs: 1.5e9, runnable: 1 },
      ],
    },
    3,
  );
  expect(first).toEqual({
    event: "STATS",
    timestamp: 3e9,
    interval_sec: 2,
    cpu_percent: 100,
    counters: counted({ act: 4, next: 10 }),
    groups: [
      { path: "/g8", id: 8, weight: 300, cpu_ms: 1500, cpu_percent: 75, runnable: 1 },
      { path: "/g7", id: 7, weight: 100, cpu_ms: 500, cpu_percent: 25, runnable: 2 },
    ],
    adopted: 3,
  });
  const second = intervals.take(
    {
      atNs: 4e9,
      counters: counted({ act: 5, next: 25 }),
      groups: [
        { id: 7, weight: 100, ranNs: 6e8, runnable: 0 },
        { id: 9, weight: 100, ranNs: 1e8, runnable: 0 },
      ],
    },
    0,
  );
  expect(second.counters).toEqual(counted({ act: 1, next: 15 }));
  expect(second.groups.map(({ path, cpu_ms }) => [path, cpu_ms])).toEqual([
    ["/g7", 100],
    [null, 100],
  ]);
});
