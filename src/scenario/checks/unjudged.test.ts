import { describe, expect, test } from "vitest";
import { aPayload, aPhase, aRecord, aWork, aWorker } from "../../../test/shared/scenario-record.ts";
import type { Checks, Scenario } from "../model/index.ts";
import type { PhaseRecord, RunFailure, RunRecord } from "../record/index.ts";
import { judgeRun } from "./index.ts";

const scenario: Scenario = { version: 1, name: "s", steps: [{}] };
const judged = (changes: Partial<RunRecord>, checks: Checks = {}, more: Partial<Scenario> = {}) => {
  const { verdict, results } = judgeRun(aRecord({ scenario: { ...scenario, ...more, checks }, ...changes }));
  return { verdict, lines: results.map(({ check, outcome, message }) => `${check} ${outcome}: ${message}`) };
};

describe("a check that met nothing to judge", () => {
  test("is inconclusive, once for each that was asked for", () => {
    const asked = { notStuck: true, isolation: true, maxMigrationRatio: 1, minWorkRate: 5 };
    const lines = ["not_stuck", "isolation", "min_work_rate", "max_migration_ratio"].map(
      (name) => `${name} inconclusive: there were no workers to be judged by it`,
    );
    expect(judged({ works: [] }, asked)).toEqual({ verdict: "inconclusive", lines });
    expect(judged({ works: [aWork({ reports: [] })] }, asked).lines).toEqual(lines);
  });

  test("is none where it was taken back, or nobody asked", () => {
    expect(judged({ works: [] }, { isolation: false, sustainedSamples: 9 })).toEqual({ verdict: "pass", lines: [] });
  });

  test("of a payload is one of a payload that never ran", () => {
    const checks = [{ exitCodeEq: 0 }, { min: { metric: "iops", value: 1 } }] as const;
    const payloads = [
      { name: "fio", command: ["fio"], checks },
      { name: "late", command: ["late"], checks },
      { name: "free", command: ["free"] },
    ];
    expect(judged({ payloads: [aPayload()] }, {}, { payloads })).toEqual({
      verdict: "inconclusive",
      lines: [
        "exit_code_eq pass: payload fio in web: exit status 0, exit status 0 is asked for",
        "min pass: payload fio in web: iops 100 ops/s, at least 1 is asked for",
        "exit_code_eq inconclusive: payload late: it never ran",
        "min inconclusive: payload late: it never ran",
      ],
    });
  });
});

describe("a hold that had hardly any time", () => {
  const held = (changes: Partial<PhaseRecord>, checks: Checks = {}) =>
    judged({ phases: [aPhase(1, 100, changes)] }, checks);

  test("is inconclusive below half of what was wanted, without being asked", () => {
    expect(held({ plannedHoldMs: 0, wantedHoldMs: 500 })).toEqual({
      verdict: "inconclusive",
      lines: [
        "hold_kept inconclusive: Step[0]: its hold had 0 ms of 500 ms, for the scenario's duration was used up before; raise duration",
      ],
    });
    expect(held({ plannedHoldMs: 250, wantedHoldMs: 500 })).toEqual({ verdict: "pass", lines: [] });
    expect(held({ plannedHoldMs: 249, wantedHoldMs: 500 }).verdict).toBe("inconclusive");
  });

  test("is one of a loop without a round, and none of a step of ops only or of one that never came to its hold", () => {
    expect(held({ rounds: 0 }).verdict).toBe("inconclusive");
    expect(held({ rounds: 1 }).verdict).toBe("pass");
    expect(held({ plannedHoldMs: 0, wantedHoldMs: 0 }).verdict).toBe("pass");
    expect(held({ holdMs: null, plannedHoldMs: 0, wantedHoldMs: 500 }).verdict).toBe("pass");
  });

  test("can be allowed", () => {
    expect(held({ plannedHoldMs: 0, wantedHoldMs: 500 }, { allowInconclusive: true }).verdict).toBe("skip");
  });
});

describe("workers that had no time to do anything", () => {
  const idle = aWorker({ workUnits: 0, iterations: 0, offCpuNs: 0 });
  const works = [aWork({ startedMs: 100, endedMs: 1200, reports: [idle, idle, aWorker({ offCpuNs: 9e8 })] })];
  const lost = aPhase(1, 100, { plannedHoldMs: 0, wantedHoldMs: 300 });
  const why = "Step[0]: its hold had 0 ms of 300 ms, for the scenario's duration was used up before; raise duration";
  const of = (changes: Partial<RunRecord>) => judged({ works, ...changes }, { notStuck: true, minIterationRate: 1 });

  test("are one inconclusive result with the reason, and no failure each; so is what they did not get", () => {
    const { verdict, lines } = of({ phases: [lost] });
    expect([verdict, lines]).toEqual([
      "inconclusive",
      [
        `not_stuck inconclusive: SpinWait in web: 2 of 3 workers did nothing, and had no time to: ${why}`,
        expect.stringMatching(/^max_gap_ms pass: /),
        expect.stringMatching(/^max_spread_pct inconclusive: .* at most 15 is allowed; but Step\[0\]: /),
        expect.stringMatching(/^min_iteration_rate inconclusive: .* at least 1 is asked for; but Step\[0\]: /),
        expect.stringMatching(/^min_iteration_rate inconclusive: /),
        `hold_kept inconclusive: ${why}`,
      ],
    ]);
  });

  test("are failures when one hold that they lived through was kept", () => {
    const kept = aPhase(2, 1100, { endMs: 1150 });
    expect(of({ phases: [lost, kept] }).lines.filter((line) => line.startsWith("not_stuck fail"))).toHaveLength(2);
    // One that began after they had ended is none of theirs.
    expect(of({ phases: [lost, aPhase(2, 1300)] }).lines[0]).toMatch(/^not_stuck inconclusive/);
  });

  test("are inconclusive too when the run had failed before their hold began", () => {
    const failure: RunFailure = { stage: "step", step: 0, op: null, atMs: 5, code: "CGROUP_IO", message: "no" };
    const phases = [aPhase(1, 100, { holdMs: null })];
    expect(of({ phases, failures: [failure] }).lines[0]).toBe(
      "not_stuck inconclusive: SpinWait in web: 2 of 3 workers did nothing, and had no time to: the run had failed before their hold began",
    );
  });

  test("are failures all the same when they died", () => {
    const dead = aWorker({ workUnits: 0, completed: false, end: { kind: "signaled", signal: 11 } });
    const { lines } = of({ works: [aWork({ reports: [dead, idle] })], phases: [lost] });
    expect(lines.slice(0, 2)).toEqual([
      "not_stuck fail: SpinWait in web: worker 100 made no progress: 0 work units, killed by signal 11",
      `not_stuck inconclusive: SpinWait in web: 1 of 2 workers did nothing, and had no time to: ${why}`,
    ]);
  });
});

test("a run that was ended early is inconclusive, also where what is inconclusive is allowed", () => {
  const failure: RunFailure = { stage: "engine", step: null, op: null, atMs: 5, code: "ABORTED", message: "by SIGINT" };
  expect(judged({ failures: [failure] }, { allowInconclusive: true, isolation: true }).verdict).toBe("inconclusive");
});
