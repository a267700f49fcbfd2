import { expect, test } from "vitest";
import { exit } from "../../../test/shared/made-events.ts";
import { at, pidsOf, sample, signal, start, timesOf, wantsOf, withRule } from "../../../test/shared/one-rule.ts";
import { sec } from "../../../test/shared/policy-harness.ts";

test("idle is so long without use of a CPU, from the first look on", () => {
  const host = withRule(["when: { idle: { time: 10s, cpu_below: 10% } }", signal]);
  start(host, 2, 1);
  for (const [second, cpuUs] of [
    [1, 0],
    [2, 500_000],
    [3, 520_000],
    [8, 530_000],
    [11, 531_000],
  ] as const)
    sample(host, "cpu_us", cpuUs, second);
  expect(host.acts).toEqual([]);
  sample(host, "cpu_us", 532_000, 12);
  expect(timesOf(host)).toEqual([12]);
});

test("a threshold fires once, and again only after it has fallen below the rearm", () => {
  const host = withRule(["when: { memory_current: { above: 100M, rearm: 80M } }", signal]);
  start(host, 2, 1);
  const mib = 2 ** 20;
  for (const [second, value] of [
    [2, 90],
    [3, 101],
    [4, 99],
    [5, 120],
    [6, 79],
    [7, 90],
    [8, 130],
  ] as const) {
    sample(host, "memory_current_bytes", value * mib, second);
    if (host.acts.length > host.attempts.length) host.answer("applied");
  }
  expect(timesOf(host)).toEqual([3, 8]);
});

test("memory.high is compared with memory.current, and no limit is never near", () => {
  const host = withRule(["when: { memory_high: { above: 90% } }", signal]);
  start(host, 2, 1);
  sample(host, "memory_high_bytes", Number.POSITIVE_INFINITY, 2);
  sample(host, "memory_current_bytes", 1e12, 3);
  expect(host.acts).toEqual([]);
  sample(host, "memory_high_bytes", 1000, 4);
  expect(timesOf(host)).toEqual([4]);
});

test("a counter counts by what it has grown within the time, not by what it is", () => {
  const host = withRule(["when: { memory_events: { counter: high, by: 5, within: 10s } }", signal]);
  start(host, 2, 1);
  for (const [second, value] of [
    [2, 1000],
    [8, 1003],
    [14, 1006],
    [16, 1007],
  ] as const)
    sample(host, "events_high", value, second);
  expect(host.acts).toEqual([]);
  sample(host, "events_high", 1011, 17);
  expect(timesOf(host)).toEqual([17]);
});

test("growth of resident memory is measured within its time", () => {
  const host = withRule(["when: { rss_growth: { by: 10M, within: 10s } }", signal]);
  start(host, 2, 1);
  for (const [second, value] of [
    [2, 100],
    [8, 106],
    [14, 112],
    [15, 115],
  ] as const)
    sample(host, "rss_bytes", value * 2 ** 20, second);
  expect(host.acts).toEqual([]);
  sample(host, "rss_bytes", 117 * 2 ** 20, 16);
  expect(timesOf(host)).toEqual([16]);
});

test("pressure is told by a trigger with the rule's stall and window", () => {
  const host = withRule(["when: { pressure: { resource: memory, kind: full, stall: 150ms, window: 2s } }", signal]);
  start(host, 2, 1, "sh", "/batch");
  expect(wantsOf(host)).toMatchObject([
    {
      subject: { kind: "group", path: "/batch" },
      metric: "pressure_memory_full",
      trigger: { stallUs: 150_000, windowUs: 2_000_000 },
    },
  ]);
  sample(host, "pressure_memory_full", 0, 3);
  expect(host.acts).toEqual([]);
  sample(host, "pressure_memory_full", 150_000, 4);
  expect(timesOf(host)).toEqual([4]);
});

test("a measure is watched once for all who want it, and no longer than somebody does", () => {
  const host = withRule(["when: { pressure: { resource: cpu, of: system, stall: 100ms } }", signal]);
  for (const pid of [2, 3, 4]) start(host, pid, 1);
  expect(host.engine.size().watches).toBe(1);
  for (const pid of [2, 3, 4]) host.event(exit(pid, pid * 10, 1, at(5)));
  expect(host.decisions.filter(({ kind }) => kind === "watch" || kind === "unwatch").map(({ kind }) => kind)).toEqual([
    "watch",
    "unwatch",
  ]);
});

test("a schedule comes again and again, and together with a level only while that holds", () => {
  const host = withRule(["when: { every: 10s, rss: { above: 1M, rearm: 1M } }", signal]);
  start(host, 2, 1);
  const answers = (toSec: number): void => {
    host.advance(sec(toSec));
    if (host.acts.length > host.attempts.length) host.answer("applied");
  };
  answers(12);
  sample(host, "rss_bytes", 2 ** 21, 13);
  answers(22);
  answers(32);
  sample(host, "rss_bytes", 1, 33);
  answers(60);
  expect(timesOf(host)).toEqual([21, 31]);
});

test("a time of day is UTC, and comes once a day", () => {
  // The made clock begins at 03:20 of some day.
  const wallOffsetNs = 20_000n * sec(86_400) + sec(3 * 3600 + 20 * 60);
  const host = withRule(['when: { daily: ["03:30", "04:00"] }', signal], { wallOffsetNs });
  start(host, 2, 0);
  for (let minute = 1; minute < 60 * 25; minute += 1) {
    host.advance(sec(minute * 60));
    if (host.acts.length > host.attempts.length) host.answer("applied");
  }
  expect(timesOf(host).map((seconds) => seconds / 60)).toEqual([10, 40, 10 + 24 * 60, 40 + 24 * 60]);
});

test("for wants a condition without a break", () => {
  const host = withRule(["when: { rss: { above: 100K, rearm: 100K }, for: 5s }", signal]);
  start(host, 2, 1);
  for (const [second, value] of [
    [2, 200],
    [6, 50],
    [7, 200],
  ] as const)
    sample(host, "rss_bytes", value * 1024, second);
  host.advance(sec(11.9));
  expect(host.acts).toEqual([]);
  host.advance(sec(13));
  expect(timesOf(host)).toEqual([12]);
});

test("any and not combine what holds", () => {
  const host = withRule([
    "when: { exec: { after: 5s }, any: [{ rss: { above: 100K } }, { not: { rss: { above: 10K } } }] }",
    signal,
  ]);
  for (const pid of [2, 3, 4]) start(host, pid, 1);
  host.advance(sec(2));
  for (const { id, subject } of wantsOf(host)) {
    const pid = subject.kind === "process" ? subject.identity.pid : 0;
    const value = ([0, 0, 200, 50, 5][pid] ?? 0) * 1024;
    host.input({ kind: "sample", watchId: id, sample: { subject, metric: "rss_bytes", value, atNs: host.nowNs } });
  }
  host.advance(sec(20));
  expect(pidsOf(host)).toEqual([2, 4]);
});
