import { describe, expect, test } from "vitest";
import { aGroup, aPayload, aPhase, aRecord, aWork, aWorker } from "../../../test/shared/scenario-record.ts";
import type { Scenario } from "../model/index.ts";
import type { RunFailure, RunRecord } from "../record/index.ts";
import { judgeRun, runUserCheck } from "./index.ts";

const ended: RunFailure = {
  ...{ stage: "engine", step: null, op: null, atMs: 2200 },
  ...{ code: "ABORTED", message: "the run was ended by its caller" },
};
/** Step 0 was kept, step 1 was cut after 100 ms. */
const phases = [aPhase(1, 100), aPhase(2, 1200, { holdMs: 1200, endMs: 1300, plannedHoldMs: 2000 })];
const two: Scenario = { version: 1, name: "s", steps: [{}, {}] };

function judged(changes: Partial<RunRecord>, more: Partial<Scenario> = {}) {
  const record = aRecord({ scenario: { ...two, ...more }, works: [], phases, failures: [ended], ...changes });
  const { verdict, results } = judgeRun(record);
  return { verdict, lines: results.map(({ check, outcome, message }) => `${check} ${outcome}: ${message}`) };
}

const completes = "completes inconclusive: ended early: the run was ended by its caller";
const cut = "; but the run was ended in Step[1], 100 of 2000 ms into its hold";
const figure = { cgroup: "web", metric: "pids_current", atLeast: 99 } as const;
const groups = [
  aGroup(
    "pids_current",
    Array.from({ length: 13 }, () => 5),
  ),
];

describe("what the caller's end of a run cut short", () => {
  test("fails no expectation; one of a step that was kept fails all the same", () => {
    const phasesOver = { phases: { cgroup: "web", metric: "pids_current", step: 1, over: 0, atLeast: 9 } } as const;
    expect(judged({ groups }, { expect: [{ figure: { ...figure, step: 1 } }, { figure }, phasesOver] })).toEqual({
      verdict: "inconclusive",
      lines: [
        `expect[0] inconclusive: pids_current of web in Step[1] is 5, at least 99 is asked for${cut}`,
        `expect[1] inconclusive: pids_current of web is 5, at least 99 is asked for${cut}`,
        `expect[2] inconclusive: pids_current of web in Step[1] over Step[0]: 5 / 5 is 1, at least 9 is asked for${cut}`,
        completes,
      ],
    });
    expect(judged({ groups }, { expect: [{ figure: { ...figure, step: 0 } }] })).toEqual({
      verdict: "fail",
      lines: ["expect[0] fail: pids_current of web in Step[0] is 5, at least 99 is asked for", completes],
    });
  });

  test("is not held against workers; what happened is", () => {
    const late = { startedMs: 1200, endedMs: 1350, step: 1 } as const;
    const idle = aWork({ ...late, reports: [aWorker({ workUnits: 0, iterations: 0 })] });
    expect(judged({ works: [idle] }, { checks: { notStuck: true, minIterationRate: 1 } }).verdict).toBe("inconclusive");
    const outside = aWork({ ...late, reports: [aWorker({ cpusUsed: [3], cpusByCpuset: [[3]] })] });
    expect(judged({ works: [outside] }, { checks: { isolation: true } }).verdict).toBe("fail");
    const early = aWork({ endedMs: 1150, reports: [aWorker({ workUnits: 0, iterations: 0 })] });
    expect(judged({ works: [early] }, { checks: { notStuck: true } }).verdict).toBe("fail");
  });

  test("is not held against a payload that was killed with it; one that had ended before is judged", () => {
    const payloads = [{ name: "fio", command: ["fio"], checks: [{ exitCodeEq: 0 }] }] as const;
    const run = (changes: Parameters<typeof aPayload>[0]) => judged({ payloads: [aPayload(changes)] }, { payloads });
    expect(run({ end: { kind: "killed" }, endedMs: 1320 }).lines[0]).toBe(
      `exit_code_eq inconclusive: payload fio in web: killed by the scenario, exit status 0 is asked for${cut}`,
    );
    expect(run({ end: { kind: "killed" }, endedMs: 1250 }).verdict).toBe("fail");
    expect(run({ end: { kind: "exited", code: 1 }, endedMs: 1320 }).verdict).toBe("fail");
  });

  test("fails no check of one's own, but one about a step that was kept", async () => {
    const record = aRecord({ scenario: two, phases, failures: [ended] });
    const outcomes = await runUserCheck(
      "mine",
      ({ claim, fail }) => {
        claim("groups", 0).atLeast(1);
        claim("groups then", 0, { phase: 1 }).atLeast(1);
        fail("no");
      },
      record,
    );
    expect(outcomes.map(({ outcome, message }) => `${outcome}: ${message}`)).toEqual([
      `inconclusive: groups is 0, at least 1 is claimed${cut}`,
      "fail: groups then is 0, at least 1 is claimed",
      `inconclusive: no${cut}`,
    ]);
  });
});

test("between two steps it cuts short what is about all of the run", () => {
  const [first] = phases;
  expect(judged({ groups, phases: first === undefined ? [] : [first] }, { expect: [{ figure }] }).lines[0]).toBe(
    "expect[0] inconclusive: pids_current of web is 5, at least 99 is asked for; but the run was ended after 1 of 2 steps",
  );
});

test("an error that ends a run excuses nothing", () => {
  const broken = { ...ended, code: "CGROUP_IO", message: "no such group" };
  expect(judged({ groups, failures: [broken] }, { expect: [{ figure }] }).lines[0]).toBe(
    "expect[0] fail: pids_current of web is 5, at least 99 is asked for",
  );
});
