import { describe, expect, test } from "vitest";
import { opsOf, opsStep, planOf, problemsOf } from "../../../test/shared/scenario-plan.ts";

const sleep = "payloads: [{ name: p, command: [sleep, '1'] }]\n";
const groups = ["{ name: a }", "{ name: b }"];
const withSleep = (ops: readonly string[]): string => `${sleep}${opsStep(groups, ops)}`;
const declared = (payload: string): readonly string[] => problemsOf(`payloads: [${payload}]\nsteps: [{}]\n`);

test("a payload has its defaults, and what is added to its arguments comes after its own", () => {
  const plan = planOf(withSleep(["run_payload: { payload: p, args: ['2'], cgroup: a }"]));
  expect(plan.payloads).toEqual([
    {
      name: "p",
      command: ["sleep", "1"],
      output: "exit_code",
      metrics: [],
      checks: [],
      knownFlags: null,
      includeFiles: [],
      env: {},
      usesParentPgrp: false,
    },
  ]);
  expect(plan.steps[0]?.ops).toEqual([
    {
      kind: "run_payload",
      index: 0,
      run: { payload: "p", argv: ["sleep", "1", "2"], cgroup: "a", source: "run_payload" },
    },
  ]);
});

test("a payload cannot begin in a frozen group or below one", () => {
  const run = (cgroup: string): string => `run_payload: { payload: p, cgroup: ${cgroup} }`;
  const freeze = (is: "freeze" | "unfreeze", cgroup = "a"): string => `${is}_cgroup: { cgroup: ${cgroup} }`;
  const below = "add_cgroup_def: { name: a/b, payload: p }";
  expect(problemsOf(withSleep([freeze("freeze"), run("a"), run("b"), below]))).toEqual([
    'step 0, op 1 (run_payload): payload "p" cannot begin in group "a": it is frozen at this point; unfreeze it before',
    'step 0, op 3 (add_cgroup_def): payload "p" cannot begin in group "a/b": "a" is frozen at this point; unfreeze it before',
  ]);
  expect(problemsOf(withSleep([freeze("freeze"), freeze("unfreeze"), run("a")]))).toEqual([]);
  expect(
    problemsOf(withSleep([freeze("freeze"), "remove_cgroup: { cgroup: a }", "add_cgroup: { name: a }", run("a")])),
  ).toEqual([]);
});

test("nothing waits for ever for what is frozen: a timeout, a thaw or a kill must come before", () => {
  const begin = ["run_payload: { payload: p, cgroup: a }", "freeze_cgroup: { cgroup: a }"];
  expect(problemsOf(withSleep([...begin, "wait_payload: { payload: p }"]))).toEqual([
    'step 0, op 2 (wait_payload): payload "p" cannot end in "a": group "a" is frozen at this point; unfreeze it before, or give a timeout',
  ]);
  for (const way of ["unfreeze_cgroup: { cgroup: a }", "kill_cgroup: { cgroup: a }"])
    expect(problemsOf(withSleep([...begin, way, "wait_payload: { payload: p }"]))).toEqual([]);
  expect(problemsOf(withSleep([...begin, "wait_payload: { payload: p, timeout: 1s }"]))).toEqual([]);
});

describe("which of several is meant", () => {
  const both = ["run_payload: { payload: p, cgroup: a }", "run_payload: { payload: p, cgroup: b }"];

  test("is the only one that runs, or the one of the group", () => {
    expect(opsOf(withSleep(["run_payload: { payload: p }", "wait_payload: { payload: p, timeout: 2s }"]))[1]).toEqual({
      kind: "wait_payload",
      index: 1,
      payload: "p",
      cgroup: "",
      timeoutMs: 2000,
    });
    const ops = [...both, "kill_payload: { payload: p, cgroup: b }", "wait_payload: { payload: p }"];
    expect(opsOf(withSleep(ops))[3]).toMatchObject({ cgroup: "a", timeoutMs: null });
  });

  test("must be said when several run", () => {
    expect(problemsOf(withSleep([...both, "wait_payload: { payload: p }"]))).toEqual([
      'step 0, op 2 (wait_payload): payload "p" runs in several groups: "a", "b"; say which with cgroup',
    ]);
  });

  test("must run", () => {
    const twice = [
      "run_payload: { payload: p, cgroup: a }",
      "kill_payload: { payload: p }",
      "wait_payload: { payload: p }",
    ];
    expect(problemsOf(withSleep(twice))).toEqual([
      'step 0, op 2 (wait_payload): payload "p" does not run there at this point: it was not started, or was waited for already; start it before, or correct cgroup',
    ]);
    expect(
      problemsOf(withSleep(["run_payload: { payload: p, cgroup: a }", 'kill_payload: { payload: p, cgroup: "" }'])),
    ).toEqual([
      'step 0, op 1 (kill_payload): payload "p" does not run there at this point: it runs in "a"; start it before, or correct cgroup',
    ]);
    expect(problemsOf(withSleep(["stop_cgroup: { cgroup: a }", "wait_payload: { payload: q }"]))).toEqual([
      'step 0, op 1 (wait_payload): there is no payload "q"; there are: "p"; add it to payloads, or correct the name',
    ]);
  });

  test("is never one that runs in the same group", () => {
    expect(problemsOf(withSleep(["run_payload: { payload: p }", "run_payload: { payload: p }"]))).toEqual([
      'step 0, op 1 (run_payload): payload "p" runs without a group already: a run_payload started it; wait for it or kill it before, or use another group',
    ]);
    expect(
      problemsOf(`${sleep}backdrop: { payloads: [p] }\nsteps: [{ ops: [{ run_payload: { payload: p } }] }]\n`)[0],
    ).toContain("the backdrop's payloads started it");
  });

  test("is over when its group is stopped or its step ends", () => {
    expect(problemsOf(withSleep([...both, "stop_cgroup: { cgroup: a }", "wait_payload: { payload: p }"]))).toEqual([]);
    const steps = "steps:\n  - ops: [{ run_payload: { payload: p } }]\n  - ops: [{ run_payload: { payload: p } }]\n";
    expect(problemsOf(`${sleep}${steps}`)).toEqual([]);
  });
});

describe("long flags", () => {
  const known = (flags: string, command: string): readonly string[] =>
    declared(`{ name: p, command: [x, ${command}], known_flags: [${flags}] }`);

  test("must be known; short ones, other words and a bare -- pass", () => {
    expect(known("--runtime", "--runtime=5, -v, word, '--'")).toEqual([]);
    expect(known("--runtime", "--rate=5")).toEqual([
      'payload "p": payload "p" does not know "--rate": it knows --runtime; add it to known_flags, or leave it out',
    ]);
    expect(known("", "--rate")).toEqual([
      'payload "p": payload "p" does not know "--rate": it knows no long flag; add it to known_flags, or leave it out',
    ]);
  });

  test("are judged where they are added too", () => {
    const body = `payloads: [{ name: p, command: [x], known_flags: [--a] }]\nsteps: [{ ops: [{ run_payload: { payload: p, args: [--b] } }] }]\n`;
    expect(problemsOf(body)).toEqual([
      'step 0, op 0 (run_payload): payload "p" does not know "--b": it knows --a; add it to known_flags, or leave it out',
    ]);
  });
});

test.each([
  [
    "{ name: p, command: [x], metrics: [{ name: m, pattern: a }] }",
    'metric "m" has a pattern, which output regex alone uses',
  ],
  ["{ name: p, command: [x], output: regex, metrics: [{ name: m }] }", 'metric "m" has no pattern to find it by'],
  [
    "{ name: p, command: [x], output: regex, metrics: [{ name: m, pattern: abc }] }",
    "the expression has no group for the number",
  ],
  ["{ name: p, command: [x], output: regex, metrics: [{ name: m, pattern: '(' }] }", "the expression is wrong"],
  [
    "{ name: p, command: [x], output: json, metrics: [{ name: m }, { name: m }] }",
    'metric "m" is there twice; leave one out',
  ],
  [
    "{ name: p, command: [x], checks: [{ exists: m }] }",
    'metric "m" is never there: of output exit_code nothing is read; set output: json or regex',
  ],
  [
    "{ name: p, command: [x], output: regex, checks: [{ min: { metric: m, value: 1 } }] }",
    'metric "m" is none of the payload\'s metrics; add it to metrics, with a pattern',
  ],
  [
    "{ name: p, command: [x], output: json, checks: [{ range: { metric: m, low: 2, high: 1 } }] }",
    "a range needs low <= high, not 2 and 1; swap them",
  ],
  ["{ name: p, command: [x] }, { name: p, command: [y] }", 'payload "p" is there twice; give it another name'],
])("%s is refused", (payload, line) => {
  expect(declared(payload).join("\n")).toContain(line);
});

test("an exit code may be asked for, whatever the output", () => {
  expect(declared("{ name: p, command: [x], checks: [{ exit_code_eq: 0 }] }")).toEqual([]);
});
