import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { LatencyBuckets, latencyBoundsMs } from "./latency-buckets.ts";
import { watchdogMs } from "./service-notice.ts";
import { watchFamilies } from "./watch-metrics.ts";

test("a latency counts in the first bucket whose bound it does not exceed", () => {
  const buckets = new LatencyBuckets();
  for (const ms of [0.2, 1, 1.001, 50, 5000, 5001]) buckets.add(ms);
  const { counts, sumMs } = buckets.get();
  expect(
    [...latencyBoundsMs.map(String), "more"].flatMap((bound, at) => (counts[at] ? [`${bound}: ${counts[at]}`] : [])),
  ).toEqual(["1: 2", "2: 1", "50: 1", "5000: 1", "more: 1"]);
  expect(sumMs).toBeCloseTo(10_053.201);
});

test("the watchdog of systemd is heeded when it is for this process", () => {
  const pid = String(process.pid);
  expect(
    [
      { WATCHDOG_USEC: "30000000" },
      { WATCHDOG_USEC: "500", WATCHDOG_PID: pid },
      { WATCHDOG_USEC: "30000000", WATCHDOG_PID: "1" },
      { WATCHDOG_USEC: "0" },
      { WATCHDOG_USEC: "-5" },
      { WATCHDOG_USEC: "x" },
      {},
    ].map(watchdogMs),
  ).toEqual([30_000, 0.5, null, null, null, null, null]);
});

test("docs/watch.md lists every metric of the watch with its type, its labels and its help, and no other", () => {
  const page = readFileSync(new URL("../../../docs/watch.md", import.meta.url), "utf8");
  const rows = page.split("\n").filter((line) => line.startsWith("| `corral_watch_"));
  const wanted = Object.entries(watchFamilies).map(([name, { type, labels, help }]) => {
    const names = labels.length === 0 ? "–" : labels.map((label) => `\`${label}\``).join(", ");
    return `| \`${name}\` | ${type} | ${names} | ${help} |`;
  });
  expect(rows).toEqual(wanted);
});
