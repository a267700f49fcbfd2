import { describe, expect, test } from "vitest";
import { aHost, aPayload } from "../../../../test/shared/scenario-record.ts";
import { aRun } from "../../../../test/shared/scenario-results.ts";
import type { Polarity } from "../../model/index.ts";
import { compareRuns } from "./compare.ts";
import { compareText } from "./compare-text.ts";
import type { RunFigure } from "./figures.ts";
import { judgeMetric } from "./judge-metric.ts";
import { parseComparePolicy } from "./policy.ts";
import { mergeRepeats, repeatText } from "./repeats.ts";

const figures = (...values: number[]): RunFigure[] => values.map((value) => ({ value, over: null }));
const judged = (a: number[], b: number[], polarity: Polarity = "lower_better", leastShare?: number): string =>
  judgeMetric(
    "m",
    { polarity, kind: "peak", leastChange: 10, leastShare: 0.25, unit: "" },
    { a: figures(...a), b: figures(...b) },
    leastShare,
  ).status;

describe("a change of one metric", () => {
  test("counts only when it reaches the least change and the least share", () => {
    expect([judged([40], [50]), judged([40], [49.9]), judged([100], [124]), judged([100], [125])]).toEqual([
      "regression",
      "unchanged",
      "unchanged",
      "regression",
    ]);
  });

  test("is better or worse as the metric has it", () => {
    expect(judged([100], [50])).toBe("improvement");
    expect(judged([100], [50], "higher_better")).toBe("regression");
    expect(judged([100], [50], { targetValue: 60 })).toBe("improvement");
    expect(judged([100], [50], { targetValue: 90 })).toBe("regression");
    expect([judged([100], [50], "informational"), judged([100], [50], "unknown")]).toEqual([
      "informational",
      "informational",
    ]);
  });

  test("away from 0 reaches the gate of shares", () => {
    expect([judged([0], [10]), judged([0], [9]), judged([0], [10], "higher_better")]).toEqual([
      "regression",
      "unchanged",
      "improvement",
    ]);
  });

  test("a share of one's own replaces the metric's; the least change stays", () => {
    expect([judged([100], [112], "lower_better", 0.1), judged([10], [15], "lower_better", 0.1)]).toEqual([
      "regression",
      "unchanged",
    ]);
  });

  test("with repeats must be told from chance: by Welch's test at 5 %, or from four on by ranges with nothing in common", () => {
    expect(judged([100, 102, 98], [150, 148, 152])).toBe("regression");
    expect(judged([100, 200, 0], [190, 20, 240])).toBe("noisy");
    // p is above 5 % for all of these, and the ranges are disjoint: two and two of a kind are so in one of three cases.
    expect(judged([10, 100], [101, 400])).toBe("noisy");
    expect(judged([10, 20, 100], [101, 110, 900])).toBe("noisy");
    expect(judged([10, 20, 30, 100], [101, 110, 120, 2000])).toBe("regression");
  });

  test("with repeats on one side only is never certain", () => {
    expect(judged([100], [200, 201, 202])).toBe("noisy");
  });
});

describe("a comparison of runs", () => {
  test("of the same runs has no change", () => {
    const runs = [aRun(1000), aRun(1010)];
    expect(compareRuns(runs, runs)).toMatchObject({ regressions: 0, improvements: 0, noisy: 0, differences: [] });
  });

  test("tells which metrics became worse", () => {
    const { scenarios, regressions } = compareRuns([aRun(1000)], [aRun(500)]);
    const worse = scenarios.flatMap(({ changes }) => changes.filter(({ status }) => status === "regression"));
    expect(worse.map(({ metric }) => metric)).toEqual([
      "total_iterations",
      "worst_iterations_per_worker",
      "iteration_rate",
      "Step[0]/iteration_rate",
    ]);
    expect(regressions).toBe(4);
  });

  test("compares metrics of payloads by the polarity they declare", () => {
    const [metric] = aPayload().metrics;
    if (metric === undefined) throw new Error("no metric");
    const slow = aRun(1000, { payloads: [aPayload({ metrics: [{ ...metric, value: 89 }] })] });
    const changes = compareRuns([aRun(1000)], [slow]).scenarios[0]?.changes ?? [];
    expect(changes.find((change) => change.metric === "fio@web/iops")).toMatchObject({
      status: "regression",
      share: -0.11,
    });
  });

  test("leaves out runs that failed or were skipped, and counts them", () => {
    const failed = aRun(0, { works: [] });
    const skipped = aRun(1000, { skipped: "needs 8 CPUs" });
    const broken = { ...failed, verdict: "fail" } as const;
    expect(compareRuns([aRun(1000), broken], [aRun(1000), skipped])).toMatchObject({
      excluded: { a: 1, b: 1 },
      regressions: 0,
    });
    expect(compareRuns([broken], [aRun(1)]).scenarios).toEqual([]);
  });

  test("has a regression for a scenario that passed in A and only failed in B", () => {
    const [failed, skipped] = (["fail", "skip"] as const).map((verdict) => ({ ...aRun(1000), verdict }));
    if (failed === undefined || skipped === undefined) throw new Error("no runs");
    const comparison = compareRuns([aRun(1000), aRun(1000)], [failed, skipped]);
    expect(comparison).toMatchObject({
      scenarios: [],
      broken: [{ name: "steady", passedA: 2, failedB: 1 }],
      regressions: 1,
    });
    expect(compareText(comparison)).toBe(`regression: steady passed in 2 runs of A, and in none of B: 1 failed
left out, for they failed or were skipped: 0 runs of A, 2 of B
1 regression, 0 improvements, 0 noisy
`);
    expect(compareRuns([aRun(1000)], [failed, aRun(1000)])).toMatchObject({ broken: [], regressions: 0 });
    expect(compareRuns([aRun(1000)], [skipped])).toMatchObject({ broken: [], regressions: 0 });
    expect(compareRuns([failed], [failed])).toMatchObject({ broken: [], regressions: 0 });
  });

  test("tells the metrics that only A has", () => {
    const comparison = compareRuns([aRun(1000)], [aRun(1000, { payloads: [] })]);
    expect(comparison.scenarios.map(({ lost }) => lost)).toEqual([["fio@web/iops"]]);
    expect(compareText(comparison)).toContain("\nmeasured in A only: fio@web/iops\n");
  });

  test("pairs by scenario; what only one side has is told", () => {
    const other = { ...aRun(1000), scenario: "bursts" };
    expect(compareRuns([aRun(1000)], [aRun(1000), other])).toMatchObject({ added: ["bursts"], removed: [] });
  });

  test("what the sides differ in is what is compared; what both have several of is kept apart", () => {
    const on = (kernel: string, topology: string) => aRun(1000, { host: { ...aHost, kernel, topology } });
    const { differences, scenarios } = compareRuns(
      [on("6.1", "1n1l2c1t"), on("6.1", "2n2l4c1t")],
      [on("6.6", "1n1l2c1t"), on("6.6", "2n2l4c1t")],
    );
    expect(differences).toEqual([{ dimension: "kernel", a: ["6.1"], b: ["6.6"] }]);
    expect(scenarios.map(({ name }) => name)).toEqual(["steady [topology=1n1l2c1t]", "steady [topology=2n2l4c1t]"]);
  });

  test("reads for people", () => {
    const text = compareText(compareRuns([aRun(1000)], [aRun(500, { host: { ...aHost, kernel: "6.6" } })]));
    expect(text.replace(/ {2,}/g, "  ")).toBe(`kernel: A 6.1.0-test, B 6.6
steady: 1 run of A, 1 of B
change  metric  A  B  delta  p
regression  total_iterations  2000  1000  -1000 (-50.0 %)  -
regression  worst_iterations_per_worker  1000  500  -500 (-50.0 %)  -
regression  iteration_rate (per second)  2000  1000  -1000 (-50.0 %)  -
regression  Step[0]/iteration_rate (per second)  2000  1000  -1000 (-50.0 %)  -
4 regressions, 0 improvements, 0 noisy
`);
  });
});

describe("a policy of comparisons", () => {
  test("has shares for all and for single metrics", () => {
    const policy = parseComparePolicy('{"default_percent":60,"per_metric_percent":{"iteration_rate":40}}', "p.json");
    expect(policy).toEqual({ share: 0.6, shares: { iteration_rate: 0.4 } });
    const worse = compareRuns([aRun(1000)], [aRun(500)], policy).scenarios.flatMap(({ changes }) =>
      changes.flatMap(({ status, metric }) => (status === "regression" ? [metric] : [])),
    );
    expect(worse).toEqual(["iteration_rate", "Step[0]/iteration_rate"]);
  });

  test.each([
    ['{"per_metric_percent":{"beauty":1}}', 'no metric is called "beauty"'],
    ['{"default_percent":-1}', "default_percent: "],
    ["[]", "it is a list"],
  ])("%s is refused", (text, why) => {
    expect(() => parseComparePolicy(text, "p.json")).toThrow(`"p.json" is no policy of comparisons: ${why}`);
  });
});

describe("repeats", () => {
  test("are one: outcomes folded, rates of their sums, others the mean", () => {
    const merged = mergeRepeats([aRun(1000), aRun(2000), { ...aRun(3000), verdict: "inconclusive" }]);
    expect(merged).toMatchObject({ scenario: "steady", runs: 3, verdict: "inconclusive", failed: [] });
    expect(merged.metrics.find(({ metric }) => metric === "total_iterations")).toEqual({
      metric: "total_iterations",
      unit: "",
      runs: 3,
      middle: 4000,
      low: 2000,
      high: 6000,
    });
    expect(repeatText(merged).split("\n")[0]).toBe("scenario steady is inconclusive: 3 runs, 2 pass, 1 inconclusive");
  });

  test("a check that failed is told with in how many it did", () => {
    const stalled = [{ work: 0, cgroup: "web", pid: 7, comm: "w", atMs: 900, samples: 4, diagnostics: {} }];
    const merged = mergeRepeats([aRun(1000), aRun(1000, { stalled })]);
    expect([merged.verdict, merged.failed]).toEqual([
      "fail",
      [{ check: "worker_stuck", kind: "worker_stuck", runs: 1 }],
    ]);
  });
});
