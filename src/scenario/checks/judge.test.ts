import { describe, expect, test } from "vitest";
import {
  aDilation,
  aGroup,
  aHost,
  aPayload,
  aRecord,
  aWork,
  aWorker,
  queueSamples,
} from "../../../test/shared/scenario-record.ts";
import type { Checks, MetricCheck, Scenario } from "../model/index.ts";
import type { EndedProcess, PayloadRecord, RunRecord } from "../record/index.ts";
import { allOf, anyOf, everywhere, judgeRun, runUserCheck } from "./index.ts";
import { nondecreasing } from "./series/index.ts";

const scenario: Scenario = { version: 1, name: "s", steps: [{}] };
const asking = (checks: Checks, changes: Partial<RunRecord> = {}): RunRecord =>
  aRecord({ scenario: { ...scenario, checks }, ...changes });
const stuck = aWork({ reports: [aWorker({ workUnits: 0 })] });
const idle = aWork({ reports: [aWorker({ iterations: 0 })] });

describe("a run's verdict", () => {
  test("is pass when nothing is asked and it came to its end", () => {
    expect(judgeRun(aRecord())).toEqual({ verdict: "pass", asked: {}, results: [], notes: [] });
  });

  test("asks what the baseline, the scheduler and the scenario ask, the last first", () => {
    const record = aRecord({
      scenario: { ...scenario, scheduler: { checks: { maxGapMs: 2, isolation: true } }, checks: { isolation: false } },
    });
    expect(judgeRun(record, { baseline: { maxGapMs: 1, notStuck: true } }).asked).toEqual({
      maxGapMs: 2,
      notStuck: true,
      isolation: false,
    });
  });

  test("every WorkSpec is judged for itself", () => {
    const works = [aWork(), { ...stuck, id: 1 }];
    const { verdict, results } = judgeRun(asking({ notStuck: true }, { works }));
    expect(verdict).toBe("fail");
    expect(results.filter(({ outcome }) => outcome === "fail").map(({ where }) => where.work)).toEqual([1]);
  });

  test("is inconclusive when a check had nothing to judge, unless that is allowed", () => {
    expect(judgeRun(asking({ maxMigrationRatio: 1 }, { works: [idle] })).verdict).toBe("inconclusive");
    const allowed = { maxMigrationRatio: 1, allowInconclusive: true };
    expect(judgeRun(asking(allowed, { works: [idle, aWork()] })).verdict).toBe("pass");
    expect(judgeRun(asking(allowed, { works: [idle] })).verdict).toBe("skip");
  });

  test("does not hang on what is told only", () => {
    const monitor = queueSamples(Array.from({ length: 6 }, () => [9, 1]));
    expect(judgeRun(aRecord({ monitor })).verdict).toBe("pass");
    expect(judgeRun(asking({ enforceMonitorThresholds: true, failOnRqClockStuck: false }, { monitor })).verdict).toBe(
      "fail",
    );
  });

  test("is skip, with the reason, when the host lacks something; nothing else is judged", () => {
    const { verdict, results } = judgeRun(
      asking({ notStuck: true }, { skipped: "needs 8 CPUs, has 4", works: [stuck] }),
    );
    expect([verdict, results.map(({ check, kind, message }) => [check, kind, message])]).toEqual([
      "skip",
      [["needs", "skip", "needs 8 CPUs, has 4"]],
    ]);
  });

  test("a slow machine's scaling is told", () => {
    expect(judgeRun(aRecord({ host: { ...aHost, dilation: 12.5 } })).notes).toEqual([
      "time is 12.5 times slower here: limits in time were multiplied by that, rates divided",
    ]);
    const busy = { ...aDilation, factor: 12.5, rateFactor: 25 };
    expect(judgeRun(aRecord({ host: { ...aHost, dilation: 12.5 }, dilation: busy })).notes).toEqual([
      "time is 12.5 times slower here: limits in time were multiplied by that, rates divided by 25",
    ]);
  });

  test("rates are divided by what less is done there", () => {
    const slow = { host: { ...aHost, dilation: 4 }, dilation: { ...aDilation, factor: 4, rateFactor: 10 } };
    const limits = judgeRun(asking({ minIterationRate: 100, maxGapMs: 100 }, slow)).results.map(({ limit }) => limit);
    expect(limits).toEqual([400, 10]);
  });
});

describe("without being asked", () => {
  const results = (changes: Partial<RunRecord>): string[][] =>
    judgeRun(aRecord(changes)).results.map(({ outcome, kind, message }) => [outcome, kind, message]);

  test("an error fails the run", () => {
    const failure = { stage: "step", step: 2, op: 1, atMs: 5, code: "CGROUP_IO", message: "no such group" } as const;
    expect(results({ failures: [failure] })).toEqual([["fail", "other", "step 2, op 1 failed: no such group"]]);
    expect(results({ failures: [{ ...failure, stage: "backdrop", step: null, op: null }] })).toEqual([
      ["fail", "other", "the backdrop's set-up failed: no such group"],
    ]);
    expect(
      results({ failures: [{ ...failure, stage: "engine", step: null, code: "ABORTED", message: "by SIGINT" }] }),
    ).toEqual([["inconclusive", "other", "ended early: by SIGINT"]]);
  });

  test("a scheduler's end fails it, by how it ended and when", () => {
    const ended: EndedProcess = {
      name: "corral",
      isScheduler: true,
      pid: 5,
      atMs: 1500,
      when: "hold",
      stepsDone: 1,
      steps: 3,
      how: "crashed",
      reason: "runnable task stall",
    };
    expect(results({ ended: [ended] })).toEqual([
      [
        "fail",
        "scheduler_crashed",
        'scheduler "corral" failed during step 2 of 3, 1.5 s into the run: "runnable task stall"',
      ],
    ]);
    expect(results({ ended: [{ ...ended, how: "exited", when: "between-steps", reason: "" }] })).toEqual([
      ["fail", "scheduler_exited", 'scheduler "corral" exited by itself after step 1 of 3, 1.5 s into the run'],
    ]);
    expect(results({ ended: [{ ...ended, how: "unknown", when: "end", reason: "" }] })).toEqual([
      [
        "fail",
        "scheduler_died",
        'scheduler "corral" ended for an unknown reason, found after all 3 steps, 1.5 s into the run',
      ],
    ]);
    expect(results({ ended: [{ ...ended, isScheduler: false }] })[0]?.[1]).toBe("process_ended");
  });

  test("a worker that stood still fails it, with what it was found doing", () => {
    const stalled = [
      {
        work: 0,
        cgroup: "web",
        pid: 7,
        comm: "w",
        atMs: 900,
        samples: 4,
        diagnostics: { wchan: "futex_wait", state: "S" },
      },
    ];
    expect(results({ stalled })).toEqual([
      [
        "fail",
        "worker_stuck",
        'worker 7 ("w") neither ran nor switched in 4 samples at +900 ms: state "S", wchan "futex_wait"',
      ],
    ]);
  });
});

describe("checks of a payload", () => {
  const judged = (checks: readonly MetricCheck[], run: Partial<PayloadRecord> = {}): string[] =>
    judgeRun(
      aRecord({
        scenario: { ...scenario, payloads: [{ name: "fio", command: ["fio"], checks }] },
        works: [],
        payloads: [aPayload(run)],
      }),
    ).results.map(({ check, outcome, message }) => `${check} ${outcome}: ${message}`);

  test("bounds include their ends", () => {
    expect(judged([{ min: { metric: "iops", value: 100 } }, { max: { metric: "iops", value: 100 } }])).toEqual([
      "min pass: payload fio in web: iops 100 ops/s, at least 100 is asked for",
      "max pass: payload fio in web: iops 100 ops/s, at most 100 is asked for",
    ]);
    expect(judged([{ range: { metric: "iops", low: 101, high: 200 } }])).toEqual([
      "range fail: payload fio in web: iops 100 ops/s, 101 to 200 is asked for",
    ]);
  });

  test("a metric that is missing fails, with why", () => {
    const run = { metrics: [], problems: ["it printed no JSON document"] };
    expect(judged([{ exists: "iops" }, { min: { metric: "iops", value: 1 } }], run)).toEqual([
      'exists fail: payload fio in web: metric "iops" is missing: it printed no JSON document',
      'min fail: payload fio in web: metric "iops" is missing: it printed no JSON document',
    ]);
  });

  test("the exit status is judged first, and a mismatch has what it said", () => {
    const run = { end: { kind: "exited", code: 3 }, stderrTail: "fio: no space\n" } as const;
    expect(judged([{ exists: "iops" }, { exitCodeEq: 0 }], run)).toEqual([
      'exit_code_eq fail: payload fio in web: exit status 3, exit status 0 is asked for; it said "fio: no space"',
      "exists pass: payload fio in web: iops 100 ops/s",
    ]);
    expect(judged([{ exitCodeEq: 0 }], { end: { kind: "killed" } })).toEqual([
      "exit_code_eq fail: payload fio in web: killed by the scenario, exit status 0 is asked for",
    ]);
  });
});

describe("expectations", () => {
  const judged = (expect: Scenario["expect"], changes: Partial<RunRecord>): string[] =>
    judgeRun(aRecord({ scenario: { ...scenario, ...(expect && { expect }) }, works: [], ...changes })).results.map(
      ({ check, outcome, kind, message }) => `${check} ${outcome} ${kind}: ${message}`,
    );
  const groups = [aGroup("memory_current_bytes", [10, 20, 30])];

  test("a pattern is asked of what was sampled", () => {
    const series = { cgroup: "web", metric: "memory_current_bytes" } as const;
    expect(judged([{ series: { ...series, holds: "nondecreasing" } }], { groups })).toEqual([
      "expect[0] pass temporal: memory_current_bytes of web never falls, in 3 samples",
    ]);
    expect(judged([{ series: { ...series, step: 0, holds: { each: { atMost: 25 } } } }], { groups })).toEqual([
      "expect[0] fail temporal: memory_current_bytes of web is 30 at +300 ms, not at most 25",
    ]);
    expect(judged([{ series: { ...series, as: "rate", holds: { each: { atMost: 100 } } } }], { groups })).toEqual([
      "expect[0] pass temporal: memory_current_bytes of web per second is at most 100 in 2 samples",
    ]);
  });

  test("a figure is asked of a group, in a step or as a share of several", () => {
    const cpu = [aGroup("cpu_total_us", [0, 100, 300]), aGroup("cpu_total_us", [0, 300, 900], { name: "batch" })];
    const figure = { cgroup: "web", metric: "cpu_total_us" } as const;
    expect(
      judged(
        [
          { figure: { ...figure, atMost: 1400 } },
          { figure: { ...figure, as: "growth", step: 0, atLeast: 300 } },
          { figure: { ...figure, shareOf: ["web", "batch"], atLeast: 0.2, atMost: 0.25 } },
          { figure: { ...figure, shareOf: ["web", "db"], atLeast: 0.2 } },
          { figure: { ...figure, cgroup: "db", atLeast: 0.2 } },
        ],
        { groups: cpu },
      ),
    ).toEqual([
      "expect[0] fail temporal: cpu_total_us of web is 1500, at most 1400 is asked for",
      "expect[1] pass temporal: growth of cpu_total_us of web in Step[0] is 300, at least 300 is asked for",
      "expect[2] pass temporal: cpu_total_us of web as a share of web and batch is 0.25, at least 0.2 and at most 0.25 is asked for",
      "expect[3] inconclusive temporal: cpu_total_us of web as a share of web and db cannot be told: not all of them were measured",
      "expect[4] inconclusive temporal: cpu_total_us of db was not measured",
    ]);
  });

  test("what was not measured, and a step that did not begin, tell nothing", () => {
    const series = { cgroup: "db", metric: "oom_kills", holds: "nondecreasing" } as const;
    expect(judged([{ series }, { series: { ...series, step: 5 } }], { groups })).toEqual([
      "expect[0] inconclusive temporal: oom_kills of db was not measured",
      "expect[1] inconclusive temporal: oom_kills of db: step 5 did not begin",
    ]);
  });
});

describe("a check of one's own", () => {
  const record = aRecord({ groups: [aGroup("oom_kills", [0, 1])] });
  const run = async (check: Parameters<typeof runUserCheck>[1]): Promise<string[]> =>
    (await runUserCheck("mine", check, record)).map(
      ({ check, outcome, kind, message }) => `${check} ${outcome} ${kind}: ${message}`,
    );

  test("claims what it wants, and each claim is a result", async () => {
    const results = await run(({ claim, tell, series, figure, record: { works } }) => {
      claim("kills", figure("web", "oom_kills", { as: "growth" })).equals(1);
      claim("works", works.length).atLeast(1).below(1);
      claim("gap", null).atMost(5);
      claim("share", Number.NaN).between(0, 1);
      tell(nondecreasing(series("web", "oom_kills")));
    });
    expect(results).toEqual([
      "mine pass claim: kills is 1, 1 is claimed",
      "mine pass claim: works is 1, at least 1 is claimed",
      "mine fail claim: works is 1, below 1 is claimed",
      "mine inconclusive claim: gap was not measured",
      "mine fail claim: share is no number",
      "mine pass temporal: oom_kills of web never falls, in 2 samples",
    ]);
  });

  test("better is what the metric says it is", async () => {
    const results = await run(({ claimBetter }) => {
      claimBetter("worst_gap_ms", 90).than(100);
      claimBetter("total_iterations", 109).thanBy(100, 0.1);
      claimBetter("total_iterations", 110).thanBy(100, 0.1);
      claimBetter("beauty", 1).than(0);
    });
    expect(results).toEqual([
      "mine pass claim: worst_gap_ms is 90, better than 100 is claimed",
      "mine fail claim: total_iterations is 109, better than 100 by 10 % is claimed",
      "mine pass claim: total_iterations is 110, better than 100 by 10 % is claimed",
      'mine inconclusive claim: beauty is no metric that is known: "beauty"',
    ]);
  });

  test("fails when it throws, and is inconclusive when it claims nothing", async () => {
    expect(await run(() => Promise.reject(new Error("boom")))).toEqual(['mine fail claim: the check threw "boom"']);
    expect(await run(() => {})).toEqual(["mine inconclusive claim: the check claimed nothing"]);
  });

  test("its results decide like any other", async () => {
    const more = await runUserCheck("mine", ({ fail }) => fail("no"), record);
    expect(judgeRun(record, { more }).verdict).toBe("fail");
  });

  test("several findings are one: all of them, or any", async () => {
    const [good, bad] = [nondecreasing, nondecreasing].map((pattern, at) =>
      pattern({
        label: "x",
        points: [
          { atMs: 0, value: 1 },
          { atMs: 1, value: 1 - at },
        ],
        where: everywhere,
      }),
    );
    if (good === undefined || bad === undefined) throw new Error("no findings");
    expect([allOf([good, bad]).outcome, anyOf([good, bad]).outcome]).toEqual(["fail", "pass"]);
    expect([allOf([]).outcome, anyOf([]).outcome]).toEqual(["inconclusive", "inconclusive"]);
  });
});
