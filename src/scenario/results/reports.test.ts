import { assert, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { aGroup, aHost, aPhase, aRecord, aWork, aWorker, queueSamples } from "../../../test/shared/scenario-record.ts";
import { aRun, documentOf } from "../../../test/shared/scenario-results.ts";
import type { RunRecord } from "../record/index.ts";
import { niceCeiling } from "./html/axis.ts";
import { htmlReport, junitReport, textReport } from "./index.ts";
import { escapeMarkup } from "./markup.ts";

const hostile = `<script>alert("1")</script>\u0007&'`;

test("a slow machine is told in every report, with what that changed; one that is not slow in none", () => {
  const costs = { computeBest: 5, compute: 5.5, computeBusy: 10.5, timer: 3, process: 20 };
  const changed = "limits in time of the engine's own were multiplied by that";
  const dilation = {
    factor: 10.5,
    rateFactor: 10.5,
    setupFactor: 21,
    source: "measured",
    costs,
    limitsMs: {},
    uncountedMs: 0,
  } as const;
  const slow = documentOf(aRecord({ dilation, host: { ...aHost, dilation: 10.5 }, notes: [changed] }));
  const line =
    "time is 10.5 times slower than on a nominal machine, set-up 21 times (measured: computing 5.5, on all CPUs 10.5, timers 3, processes 20 times)";
  const notes = [
    "note: time is 10.5 times slower here: limits in time were multiplied by that, rates divided",
    `note: ${changed}`,
  ];
  const text = textReport(slow);
  for (const one of [line, ...notes]) expect(text.split("\n")).toContain(one);
  const page = htmlReport([slow]);
  for (const one of [`<p class="note">${line}</p>`, ...notes.map(escapeMarkup)]) expect(page).toContain(one);
  expect(junitReport([slow])).toContain(line);
  const given = documentOf(aRecord({ dilation: { ...dilation, source: "given", costs: null } }));
  expect(textReport(given)).toContain(
    "\ntime is 10.5 times slower than on a nominal machine, set-up 21 times (as was asked for)\n",
  );
  for (const report of [textReport, (one: typeof slow) => htmlReport([one])])
    expect(report(documentOf(aRecord()))).not.toContain("times slower");
});

describe("the report as text", () => {
  test("of a run that failed begins with why, then figures, how far it came, how it went, and the monitor", () => {
    const record = aRecord({
      scenario: { version: 1, name: "steady", steps: [{}, {}], checks: { notStuck: true } },
      works: [
        aWork({
          reports: [
            aWorker({ workUnits: 0, completed: false, end: { kind: "signaled", signal: 9 } }),
            aWorker({ pid: 101 }),
          ],
        }),
      ],
      ops: [
        {
          step: 0,
          index: 0,
          round: 0,
          kind: "set_cpuset",
          object: "web",
          atMs: 110,
          durationMs: 0.42,
          error: "EINVAL",
        },
      ],
      failures: [{ stage: "step", step: 0, op: 0, atMs: 111, code: "CGROUP_IO", message: "EINVAL" }],
      monitor: queueSamples([
        [9, 1],
        [9, 1],
      ]),
      warnings: ["nothing is called db"],
    });
    expect(textReport(documentOf(record))).toBe(`scenario steady [sched=kernel] [topo=2n1l4c1t] failed:
  FAIL not_stuck (no_progress): SpinWait in web: worker 100 made no progress: 0 work units, killed by signal 9
  FAIL completes (other): step 0, op 0 failed: EINVAL
  2 of 4 checks held
--- stats ---
2 workers, iterations 2000, worst spread 0 points, worst gap 20 ms, migrations 0
web: workers=2 cpus=1 spread=0 gap=20@cpu0 migrations=0 iter=2000
--- diagnostics ---
ended early in step 0, 1 of 2 steps begun, 1.30 s (removing 100 ms)
on rig, Linux 6.1.0-test x86_64, 4 CPUs, run 20260102T030405Z-1
warning: nothing is called db
--- timeline ---
BASELINE +0 ms to +90 ms, no hold, 1 group, 2 workers
Step[0] +100 ms to +1100 ms, hold 950 ms of 950 ms, 1 group, 2 workers
  +110 ms set_cpuset web (0.42 ms) FAILED: EINVAL
--- monitor ---
inconclusive (decides nothing): longest run queue over the shortest: 2 samples are fewer than 5
inconclusive (decides nothing): clock of a run queue with runnable tasks: 2 samples are fewer than 5
`);
  });

  test("says how far a run came that ended with a process, or for which no time was left", () => {
    const ended: RunRecord["ended"] = [
      {
        name: "db",
        isScheduler: false,
        pid: 7,
        atMs: 1050,
        when: "hold",
        stepsDone: 0,
        steps: 3,
        how: "exited",
        reason: "",
      },
    ];
    const three = { version: 1, name: "steady", steps: [{}, {}, {}] } as const;
    const reached = (changes: Partial<RunRecord>): string | undefined =>
      textReport(documentOf(aRecord({ scenario: three, ...changes })))
        .split("\n--- diagnostics ---\n")[1]
        ?.split(",")[0];
    expect(reached({ ended })).toBe("db ended at +1050 ms");
    expect(reached({})).toBe("ended early");
    expect(reached({ phases: [1, 2, 3].map((phase) => aPhase(phase, phase * 1000)) })).toBe(
      "ran to its end: 3 of 3 steps",
    );
    const phases = [
      aPhase(1, 100, { endMs: 150, plannedHoldMs: 0, wantedHoldMs: 500 }),
      aPhase(2, 200, { endMs: 400, plannedHoldMs: 150, wantedHoldMs: 500, rounds: 2 }),
    ];
    const text = textReport(documentOf(aRecord({ phases })));
    expect(text).toContain("Step[0] +100 ms to +150 ms, no time was left for its hold (wanted 500 ms), 1 group");
    expect(text).toContain("Step[1] +200 ms to +400 ms, hold 150 ms of 150 ms, cut from 500 ms, 2 rounds, 1 group");
  });

  test("says who ended a run early, and what of it was cut by set-up only when that is much", () => {
    const failure = {
      stage: "step",
      step: 0,
      op: null,
      atMs: 1050,
      code: "ABORTED",
      message: "by its caller",
    } as const;
    const reached = (changes: Partial<RunRecord["failures"][number]>): string | undefined =>
      textReport(documentOf(aRecord({ failures: [{ ...failure, ...changes }] })))
        .split("\n--- diagnostics ---\n")[1]
        ?.split(", 1.30 s")[0];
    expect(reached({})).toBe("ended by its caller at +1050 ms, 1 of 1 step begun");
    expect(reached({ stage: "backdrop", step: null, code: "CGROUP_IO" })).toBe(
      "ended early in the backdrop's set-up, 1 of 1 step begun",
    );
    expect(reached({ stage: "engine", step: null, code: "INTERNAL" })).toBe(
      "ended early by an error of the engine, 1 of 1 step begun",
    );
    const phases = [aPhase(1, 100, { wantedHoldMs: 1000 }), aPhase(2, 1200, { wantedHoldMs: 1300 })];
    const text = textReport(documentOf(aRecord({ phases })));
    expect(text).toContain("Step[0] +100 ms to +1100 ms, hold 950 ms of 950 ms, 1 group");
    expect(text).toContain("Step[1] +1200 ms to +2200 ms, hold 950 ms of 950 ms, cut from 1300 ms, 1 group");
  });

  test("has the figures of expectations that held, and counts what did not apply as neither", () => {
    const figure = { cgroup: "web", metric: "pids_current", atLeast: 1 } as const;
    const scenario = { version: 1, name: "steady", steps: [{}], expect: [{ figure }] } as const;
    const skipped = aWork({ reports: [aWorker()] });
    const record = aRecord({ scenario: { ...scenario, checks: { maxSpreadPct: 5 } }, works: [skipped] });
    const lines = textReport(documentOf({ ...record, groups: [aGroup("pids_current", [4, 4])] })).split("\n");
    expect(lines.slice(0, 4)).toEqual([
      "scenario steady [sched=kernel] [topo=2n1l4c1t] passed",
      "  SKIP max_spread_pct (unfair): SpinWait in web: one worker has nobody to be compared with",
      "  pass expect[0] (temporal): pids_current of web is 4, at least 1 is asked for",
      "  1 of 1 check held, 1 did not apply",
    ]);
  });

  test("of a run that was skipped is one line", () => {
    expect(textReport(documentOf(aRecord({ skipped: "needs 8 CPUs, has 4" })))).toBe(
      "scenario steady [sched=kernel] [topo=2n1l4c1t] was skipped: needs 8 CPUs, has 4\n",
    );
  });

  test("lists 20 ops of a step, and those that failed", () => {
    const ops = Array.from({ length: 30 }, (_, at) => ({
      step: 0,
      index: 0,
      round: at,
      kind: "reclaim" as const,
      object: "web",
      atMs: 100 + at,
      durationMs: 1,
      error: at === 25 ? "EAGAIN" : null,
    }));
    const lines = textReport(aRun(1000, { ops })).split("\n");
    expect(lines.filter((line) => line.includes("reclaim"))).toHaveLength(21);
    expect(lines).toContain("  … and 9 more");
  });

  test("has no character that a terminal acts on", () => {
    const works = [aWork({ cgroup: "a\u001b[31m\u202e" })];
    const text = textReport(documentOf(aRecord({ works, warnings: ["\u0007"] })));
    expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202e]/u);
  });
});

describe("JUnit XML", () => {
  test("has a suite for each run and a case for each check", () => {
    const failing = documentOf(
      aRecord({
        scenario: { version: 1, name: "steady", steps: [{}], checks: { notStuck: true, maxMigrationRatio: 1 } },
        works: [aWork({ reports: [aWorker({ workUnits: 0, iterations: 0 })] })],
      }),
    );
    const xml = junitReport([aRun(1000), failing]);
    expect(
      xml
        .split("\n")
        .filter((line) => /^ *<test|^<\?/.test(line))
        .map((line) => line.trim()),
    ).toEqual([
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<testsuites name="corral scenario" tests="9" failures="1" errors="1" skipped="1">',
      '<testsuite name="steady" tests="5" failures="0" errors="0" skipped="0" time="1.300" timestamp="2026-01-02T03:04:05" hostname="rig">',
      '<testcase classname="steady" name="not_stuck of web #1"/>',
      '<testcase classname="steady" name="isolation of web #2"/>',
      '<testcase classname="steady" name="max_gap_ms of web #3"/>',
      '<testcase classname="steady" name="max_spread_pct of web #4"/>',
      '<testcase classname="steady" name="min of web #5"/>',
      '<testsuite name="steady" tests="4" failures="1" errors="1" skipped="1" time="1.300" timestamp="2026-01-02T03:04:05" hostname="rig">',
      '<testcase classname="steady" name="not_stuck of web #1"><failure type="no_progress" message="SpinWait in web: worker 100 made no progress: 0 work units, exit status 0"/></testcase>',
      '<testcase classname="steady" name="max_gap_ms of web #2"/>',
      '<testcase classname="steady" name="max_spread_pct of web #3"><skipped message="SpinWait in web: one worker has nobody to be compared with"/></testcase>',
      '<testcase classname="steady" name="max_migration_ratio of web #4"><error type="inconclusive" message="SpinWait in web: no iterations"/></testcase>',
    ]);
  });

  test("a run without checks is one case", () => {
    expect(junitReport([documentOf(aRecord())])).toContain('<testcase classname="steady" name="runs to its end"/>');
  });
});

test("whatever a text has, as markup it has no element, no quote and nothing that XML has no place for", () => {
  assert(
    property(string({ unit: "binary" }), (text) => {
      expect(escapeMarkup(text)).not.toMatch(/[<>"'\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
      const escaped = escapeMarkup(text);
      // A half of a pair would come back as another character.
      expect(Buffer.from(escaped).toString()).toBe(escaped);
    }),
  );
});

describe("the page", () => {
  test("draws steps, ops and what was sampled of every group", () => {
    const page = htmlReport([aRun(1000)]);
    expect(page.match(/<rect class="phase"/g)).toHaveLength(2);
    expect(page.match(/<rect class="op"/g)).toHaveLength(3);
    for (const drawn of [
      "CPU: cores used",
      "memory",
      "pressure: part of the time",
      "iterations per second",
      "wake-up latencies",
    ])
      expect(page).toContain(drawn);
    expect(page.match(/<polyline /g)).toHaveLength(4);
    expect(page.match(/<rect class="bar"/g)).toHaveLength(2);
  });

  test("needs nothing else and runs nothing", () => {
    const page = htmlReport([aRun(1000)]);
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(page).not.toMatch(/<script|<link|<img|<iframe|\bsrc=|href=|url\(|@import|https?:/);
  });

  test("has names of others as text only", () => {
    const works = [aWork({ cgroup: hostile })];
    const page = htmlReport([documentOf(aRecord({ works, warnings: [hostile] }))]);
    expect(page).not.toContain("<script");
    expect(page).not.toContain("\u0007");
  });

  test("breaks a line where a sample is missing", () => {
    const run = aRun(1000);
    const [group] = run.groups;
    if (group === undefined) throw new Error("no group");
    const values = [1, 2, null, 4, 5, null, 7, null, null, null, null];
    const gappy = {
      ...run,
      groups: [{ ...group, series: { ...group.series, metrics: { memory_current_bytes: values } } }],
    };
    const page = htmlReport([gappy]);
    expect([page.match(/<polyline /g)?.length, page.match(/<circle /g)?.length]).toEqual([2, 1]);
  });

  test("scales end at 1, 2 or 5 times a power of ten", () => {
    expect([0, 0.03, 1, 1.1, 2, 4, 7, 1024, 99_000].map(niceCeiling)).toEqual([1, 0.05, 1, 2, 2, 5, 10, 2000, 100_000]);
  });
});
