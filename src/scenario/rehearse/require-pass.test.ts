import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { aPayload, aPhase, aRecord, aWork, aWorker } from "../../../test/shared/scenario-record.ts";
import type { CheckResult } from "../checks/index.ts";
import { judgeRun } from "../checks/index.ts";
import type { ScenarioFile } from "../file/index.ts";
import { parseScenario } from "../file/index.ts";
import type { Checks, Scenario } from "../model/index.ts";
import type { RunFailure, RunRecord } from "../record/index.ts";
import { askedAt } from "./asked-at.ts";
import type { Rehearsal } from "./rehearsal.ts";
import { documentOf, rehearsalOf } from "./rehearsal.ts";
import type { PassOptions } from "./require-pass.ts";
import { requirePass, ScenarioFailure } from "./require-pass.ts";

const halves = parseScenario(
  `version: 1
name: halves
backdrop:
  cgroups:
    - { name: web, cpuset: { disjoint: { index: 0, of: 2 } } }
payloads:
  - name: fio
    command: [fio]
    checks:
      - { min: { metric: iops, value: 50 } }
      - { min: { metric: bw, value: 50 } }
      - { exit_code_eq: 0 }
steps: [{ ops: [detach_scheduler], hold: { frac: 0.5 } }]
checks:
  isolation: true
  not_stuck: true
expect:
  - figure: { cgroup: web, metric: oom_kills, at_most: 0 }
`,
  "halves.yaml",
);

const rehearsed = (changes: Partial<RunRecord>, file: ScenarioFile | null = halves, checks?: Checks): Rehearsal => {
  const scenario: Scenario = { version: 1, name: "halves", steps: [{}], checks: checks ?? { isolation: true } };
  const record = aRecord({ scenario: file?.scenario ?? scenario, payloads: [aPayload()], ...changes });
  return rehearsalOf(record, judgeRun(record), { file });
};

const strayed = aWork({
  epochs: [{ fromMs: 100, cgroup: "web", cpus: [0], nodes: [0] }],
  reports: [aWorker({ pid: 4711, cpusByCpuset: [[0, 1]] })],
});
const idle = aWork({ reports: [] });

/** What a test sees: what was thrown, and why it was skipped. */
function inTest(rehearsals: readonly Rehearsal[], options?: PassOptions) {
  const skipped: (string | undefined)[] = [];
  let thrown: unknown = null;
  try {
    requirePass({ skip: (reason) => void skipped.push(reason) }, rehearsals, options);
  } catch (error) {
    thrown = error;
  }
  const failure = thrown instanceof ScenarioFailure ? thrown : null;
  return {
    skipped,
    code: failure?.code ?? null,
    message: failure?.message ?? null,
    line: failure?.toLine() ?? null,
    thrown,
  };
}

describe("a test that requires a scenario to pass", () => {
  test("passes when it passed", () => {
    expect(inTest([rehearsed({}, null)])).toMatchObject({ skipped: [], thrown: null });
  });

  test("fails with the run, each check, of whom, what was found, the limit, and what asks for it", () => {
    const scenario = { ...halves.scenario, payloads: [], expect: [] };
    const { code, message, line } = inTest([rehearsed({ scenario, payloads: [], works: [strayed] })]);
    const text = [
      "scenario halves failed: 1 of 3 checks did not hold",
      "  FAIL isolation (isolation): SpinWait in web: worker 4711 ran on CPU 1 outside its cpuset 0, which holds since +100 ms",
      "    group web, process 4711, CPU 1, at +100 ms; found 1, limit 0",
      "    asked for at halves.yaml:15:3",
      "  run 20260102T030405Z-1 [sched=kernel] [topo=2n1l4c1t]",
    ];
    expect([code, message, line]).toEqual(["SCENARIO_FAILED", text.join("\n"), text[0]]);
    const page = readFileSync(new URL("../../../docs/scenario-results.md", import.meta.url), "utf8");
    expect(page).toContain(`\`\`\`text\n${text.join("\n")}\n\`\`\`\n`);
  });

  test("names the place in a scenario without a file, and the run among several", () => {
    const bad = rehearsed({ works: [strayed], warnings: ["one", "two", "3", "4", "5", "6", "7"] }, null);
    const { message } = inTest([rehearsed({}, null), bad]);
    expect(message?.split("\n")).toEqual([
      "scenario halves failed in run 2 of 2: 1 of 1 check did not hold",
      expect.stringMatching(/^ {2}FAIL isolation/),
      expect.stringMatching(/^ {4}group web/),
      "    asked for at checks.isolation",
      ...["one", "two", "3", "4", "5"].map((line) => `  WARNING ${line}`),
      "  and 2 more warnings",
      expect.stringMatching(/^ {2}run /),
    ]);
  });

  test("fails by what nothing could be judged by, and tells what failed first", () => {
    expect(inTest([rehearsed({ works: [idle] }, null)])).toMatchObject({ code: "SCENARIO_INCONCLUSIVE", skipped: [] });
    const both = rehearsed({ works: [strayed] }, null, { isolation: true, maxImbalanceRatio: 4 });
    const { code, message } = inTest([both]);
    expect([code, message?.match(/^ {2}[A-Z]+ \w+/gm)]).toEqual([
      "SCENARIO_FAILED",
      ["  FAIL isolation", "  INCONCLUSIVE max_imbalance_ratio"],
    ]);
  });

  test("passes with what is inconclusive when that is allowed, by the test or by the scenario", () => {
    const run = rehearsed({ works: [idle] }, null);
    expect(inTest([run], { allowInconclusive: true }).thrown).toBe(null);
    expect(inTest([rehearsed({ works: [idle] }, null, { isolation: true, allowInconclusive: true })]).thrown).toBe(
      null,
    );
  });

  test("never passes when the run was ended early", () => {
    const failure: RunFailure = { stage: "engine", step: null, op: null, atMs: 5, code: "ABORTED", message: "ended" };
    const { code, message } = inTest([rehearsed({ failures: [failure] }, null)], { allowInconclusive: true });
    expect([code, message?.includes("INCONCLUSIVE completes")]).toEqual(["SCENARIO_INCONCLUSIVE", true]);
  });

  test("is skipped when the host has too little, or no check applied", () => {
    expect(inTest([rehearsed({ skipped: "needs 4 CPUs, has 2" }, null)])).toMatchObject({
      thrown: null,
      skipped: ["needs 4 CPUs, has 2"],
    });
    const free = aWork({ epochs: [{ fromMs: 0, cgroup: "web", cpus: null, nodes: null }] });
    expect(inTest([rehearsed({ works: [free] }, null)])).toMatchObject({
      thrown: null,
      skipped: ["SpinWait in web: the group has no cpuset"],
    });
  });

  test("is not told of a run that there is none of", () => {
    expect(inTest([]).thrown).toMatchObject({ code: "USAGE" });
  });
});

test("what asks for a result is not in its document", () => {
  const document = documentOf(rehearsed({ works: [strayed] }));
  expect(Object.keys(document.checks[0] ?? {}).sort()).toEqual([
    "advisory",
    "check",
    "found",
    "kind",
    "limit",
    "message",
    "outcome",
    "where",
  ]);
});

describe("what asks for a result", () => {
  const failures: readonly RunFailure[] = [
    { stage: "step", step: 0, op: 0, atMs: 1, code: "CGROUP_IO", message: "" },
    { stage: "step", step: 0, op: null, atMs: 2, code: "CGROUP_IO", message: "" },
    { stage: "backdrop", step: null, op: null, atMs: 3, code: "CGROUP_IO", message: "" },
    { stage: "engine", step: null, op: null, atMs: 4, code: "INTERNAL", message: "" },
  ];
  const scenario: Scenario = {
    ...halves.scenario,
    scheduler: { checks: { maxGapMs: 5, failOnRqClockStuck: true } },
  };
  const where = { cgroup: null, work: null, pid: null, cpu: null, payload: null, phase: null, atMs: null };
  const result = (check: string, changes: Partial<CheckResult> = {}): CheckResult => ({
    ...{ check, advisory: false, outcome: "fail", kind: "other", message: "", found: null, limit: null, where },
    ...changes,
  });
  const ofFio = { kind: "payload", where: { ...where, payload: "fio" } } as const;
  test.each<[CheckResult, readonly (string | number)[] | null]>([
    [result("isolation"), ["checks", "isolation"]],
    [result("max_gap_ms"), ["scheduler", "checks", "maxGapMs"]],
    [result("max_spread_pct"), ["checks", "notStuck"]],
    [result("fail_on_rq_clock_stuck"), ["scheduler", "checks", "failOnRqClockStuck"]],
    [result("expect[0]"), ["expect", 0]],
    [result("exit_code_eq", ofFio), ["payloads", 0, "checks", 2]],
    [result("min", ofFio), ["payloads", 0, "checks"]],
    [result("needs", { kind: "skip" }), ["needs"]],
    [result("hold_kept", { where: { ...where, phase: 1 } }), ["steps", 0, "hold"]],
    [result("completes", { where: { ...where, atMs: 1 } }), ["steps", 0, "ops", 0]],
    [result("completes", { where: { ...where, atMs: 2 } }), ["steps", 0, "setup"]],
    [result("completes", { where: { ...where, atMs: 3 } }), ["backdrop", "cgroups"]],
    [result("completes", { where: { ...where, atMs: 4 } }), null],
    [result("worker_stuck"), null],
    [result("max_keep_last_rate"), null],
  ])("$check", (one, path) => {
    expect(askedAt(one, { scenario, failures })).toEqual(path);
  });
});

test("a hold that was lost points to the step's", () => {
  const { results } = rehearsed({ phases: [aPhase(1, 100, { plannedHoldMs: 1, wantedHoldMs: 500 })] });
  expect(results.find(({ check }) => check === "hold_kept")?.source).toBe("halves.yaml:13:36");
});
