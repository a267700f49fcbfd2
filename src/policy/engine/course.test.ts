import { expect, test } from "vitest";
import { exec, exit, running } from "../../../test/shared/made-events.ts";
import { at, lookedUp, pidsOf, signal, start, timesOf, withRule } from "../../../test/shared/one-rule.ts";
import { keptOf, PolicyHarness, resultOf, sec } from "../../../test/shared/policy-harness.ts";
import { parsePolicyRules } from "../rules/index.ts";

test("an enrolment after the deadline is late, and an un-enrolled workload is asked nothing", () => {
  const host = withRule(["when: { exec: { after: 2s } }", "do: { message: trim }"]);
  start(host, 2, 1);
  start(host, 3, 1);
  host.advance(sec(2));
  host.enrol(3, 30);
  host.unenrol(3, 30);
  host.advance(sec(5));
  host.enrol(2, 20);
  expect([pidsOf(host), host.attempts.map(({ outcome, reason }) => `${outcome}: ${reason}`)]).toEqual([
    [],
    ["enroll_late: it enrolled 2.00 s after the deadline"],
  ]);
});

test("a deadline that is counted from the enrolment is never missed, however late we read that", () => {
  const host = withRule(["when: { enrol: { after: 10ms } }", "do: { message: trim }"]);
  start(host, 2, 1);
  host.advance(sec(5));
  host.enrol(2, 20, { enrolledNs: sec(4) });
  expect([pidsOf(host), timesOf(host)]).toEqual([[2], [4.01]]);
});

test("after an exit only what a hook does is done, with what is known of the process", () => {
  const host = withRule(["when: { exit: { after: 2s } }", "do: { exec: [/bin/true] }"]);
  start(host, 2, 1);
  host.event(exit(2, 20, 1, at(3), 7));
  host.advance(sec(4));
  expect(host.acts).toEqual([]);
  host.advance(sec(6));
  host.answer("applied");
  expect([timesOf(host), host.attempts.map(({ outcome, process }) => [outcome, process.exitCode])]).toEqual([
    [5],
    [["applied", 7]],
  ]);
  expect(host.engine.size()).toMatchObject({ cases: 0, deadlines: 0 });
});

test("an exec ends what a level has begun, and the new program is judged anew", () => {
  const host = withRule(["when: { exec: { after: 5s } }", signal]);
  start(host, 2, 1);
  host.event(exec(2, 20, 1, at(4)), lookedUp("/g"));
  host.advance(sec(8));
  expect([timesOf(host), host.outcomes]).toEqual([[], ["2/1 superseded"]]);
  host.advance(sec(20));
  expect(timesOf(host)).toEqual([9]);
});

test("a deadline that an earlier run had set is met, with time for its workload to enrol again", () => {
  const host = withRule(["when: { exec: { after: 10s } }", "do: { message: compress }"], { startNs: sec(100) });
  const remembered = (pid: number, execNs: bigint) => ({ execNs, generation: 3, kept: [keptOf(pid)], done: [] });
  host.adopt(
    { process: running(2, 20, 1), lookedUp: null, startNs: null, remembered: remembered(2, sec(94)) },
    { process: running(3, 30, 1), lookedUp: null, startNs: null, remembered: remembered(3, sec(80)) },
    {
      process: running(4, 40, 1),
      lookedUp: null,
      startNs: null,
      remembered: { execNs: sec(94), generation: 1, kept: [], done: [] },
    },
  );
  host.advance(sec(101));
  for (const pid of [2, 3, 4]) host.enrol(pid, pid * 10);
  host.advance(sec(102.9));
  expect(host.acts).toEqual([]);
  host.advance(sec(200));
  expect(host.acts.map(({ target, deadlineNs, generation }) => [target.identity.pid, deadlineNs, generation])).toEqual([
    [3, sec(90), 3],
    [2, sec(104), 3],
    [4, sec(104), 1],
  ]);
});

test("new rules take over at once: what is the same goes on, what changed begins anew, what is gone ends", () => {
  const rules = (delay: string, also: string) =>
    parsePolicyRules(
      [
        "version: 1",
        "rules:",
        `  - { name: same, when: { exec: { after: 10s } }, ${signal} }`,
        `  - { name: other, when: { exec: { after: ${delay} } }, ${signal} }`,
        also,
      ].join("\n"),
      "p.yaml",
    );
  const host = new PolicyHarness(rules("20s", `  - { name: gone, when: { exec: { after: 15s } }, ${signal} }`));
  start(host, 2, 1);
  host.advance(sec(5));
  host.input({ kind: "rules", rules: rules("12s", ""), lookedUp: new Map([[2, lookedUp("/g")]]) });
  host.advance(sec(60));
  expect(host.acts.map(({ rule, deadlineNs }) => [rule, deadlineNs])).toEqual([
    ["same", sec(11)],
    ["other", sec(13)],
  ]);
});

test("results that nobody awaits change nothing", () => {
  const host = withRule(["when: { exec: { after: 1s } }", signal]);
  start(host, 2, 0);
  host.input({ kind: "result", requestId: "run.zzz", result: resultOf("applied") });
  host.advance(sec(2));
  host.answer("applied");
  host.answer("error");
  expect(host.outcomes).toEqual(["2/1 applied"]);
});
