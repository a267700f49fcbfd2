import { describe, expect, test } from "vitest";
import { aPayload, aPhase, aRecord, aWork } from "../../../test/shared/scenario-record.ts";
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

test("a run that was ended early is inconclusive, also where what is inconclusive is allowed", () => {
  const failure: RunFailure = { stage: "engine", step: null, op: null, atMs: 5, code: "ABORTED", message: "by SIGINT" };
  expect(judged({ failures: [failure] }, { allowInconclusive: true, isolation: true }).verdict).toBe("inconclusive");
});
