import { expect, test } from "vitest";
import { exec, exit, fork, running } from "../../../test/shared/made-events.ts";
import { earlierAttempt, keptOf, PolicyHarness, sec } from "../../../test/shared/policy-harness.ts";
import { parsePolicyRules } from "../rules/index.ts";
import type { KeptCase, MissedEnd } from "./index.ts";

function harness(record: "at_exit" | "when_done", name = "r"): PolicyHarness {
  const rule = `{ name: ${name}, adopt: true, record: ${record}, when: { exec: { after: 5s } }, do: { message: compress } }`;
  return new PolicyHarness(parsePolicyRules(`version: 1\nrules:\n  - ${rule}\n`, "p.yaml"), { startNs: sec(100) });
}

const records = (host: PolicyHarness): readonly string[] =>
  host.attempts.map(
    ({ runId, outcome, reason, degraded, process: { exitSignal, endedUnseen } }) =>
      `${runId} ${outcome}${degraded ? " degraded" : ""}${endedUnseen ? " ended" : ""} ${exitSignal}: ${reason}`,
  );

const unwrittenOf = (kept: KeptCase): KeptCase => ({
  ...kept,
  deadlineNs: null,
  unwritten: [earlierAttempt(kept, "applied")],
});

test.each<[string, MissedEnd, readonly string[]]>([
  [
    "ended, its deadline to come: it ended before",
    { end: "exited", kept: keptOf(2, { deadlineNs: sec(110) }) },
    ["run exited_before degraded ended null: it ended while no policy ran, before the deadline"],
  ],
  [
    "ended, its deadline over: nobody knows which came first",
    { end: "exited", kept: keptOf(2) },
    ["run exited_before degraded ended null: it ended while no policy ran; whether before the deadline is not known"],
  ],
  [
    "is another program: what was planned for the one before is superseded",
    { end: "superseded", kept: keptOf(2, { deadlineNs: sec(110) }) },
    ["run superseded degraded null: it executed another program while no policy ran, before the deadline"],
  ],
  [
    "ended while it was acted on: nobody heard how that ended",
    { end: "exited", kept: keptOf(2, { acting: true }) },
    ["run error degraded ended null: the policy was killed before an answer came"],
  ],
  [
    "ended after it had been acted on: the record that waited for that is made, as of the run that acted",
    { end: "exited", kept: unwrittenOf(keptOf(2)) },
    ["earlier applied degraded ended null: made earlier"],
  ],
])("a process that while no policy ran %s", (_, missed, expected) => {
  const host = harness("at_exit");
  host.input({ kind: "adopt", processes: [], missed: [missed] });
  host.advance(sec(200));
  expect([records(host), host.acts]).toEqual([expected, []]);
});

const adopted = (kept: KeptCase) => ({
  process: running(2, 20, 1),
  lookedUp: null,
  startNs: sec(90),
  remembered: { execNs: sec(94), generation: 3, kept: [kept], done: [] },
});

test("a record that waits for the end of a process is made at it by a later run, with the end and the enrolment", () => {
  const host = harness("at_exit");
  host.adopt(adopted(unwrittenOf(keptOf(2))));
  host.advance(sec(200));
  expect([records(host), host.acts]).toEqual([[], []]);
  host.event(exit(2, 20, 1, 201e9, 3));
  const [attempt] = host.attempts;
  expect([records(host), attempt?.process.workloadName, attempt?.process.generation]).toEqual([
    ["earlier applied null: made earlier"],
    "worker",
    3,
  ]);
});

test("what was being done when the policy was killed is recorded as not known, once, and is not done again", () => {
  const host = harness("when_done");
  host.adopt(adopted(keptOf(2, { acting: true })));
  host.enrol(2, 20);
  host.advance(sec(200));
  expect([records(host), host.acts]).toEqual([["run error null: the policy was killed before an answer came"], []]);
});

test("what an earlier run has acted on is not acted on again, though the rule has what ran before it", () => {
  const host = harness("when_done");
  const { remembered, ...one } = adopted(keptOf(2));
  host.adopt({ ...one, remembered: { ...remembered, kept: [], done: ["r"] } });
  host.enrol(2, 20);
  host.advance(sec(200));
  expect([records(host), host.acts]).toEqual([[], []]);
});

test("a record that waited for a rule that is no more is made at once", () => {
  const host = harness("when_done", "other");
  host.adopt(adopted(unwrittenOf(keptOf(2))));
  expect(records(host)).toEqual(["earlier applied degraded null: made earlier"]);
});

test("a run tells what the next one needs: what waits, what is being done, what is to be recorded", () => {
  const host = harness("at_exit");
  host.event(fork(2, 20, 1, 99e9));
  host.event(exec(2, 20, 1, 99e9));
  host.enrol(2, 20);
  const left = () =>
    [...host.engine.kept()].map(({ rule, deadlineNs, acting, unwritten }) => [
      rule,
      deadlineNs,
      acting,
      unwritten.map(({ outcome }) => outcome),
    ]);
  expect(left()).toEqual([["r", sec(104), false, []]]);
  host.advance(sec(104));
  expect(left()).toEqual([["r", sec(104), true, []]]);
  host.answer("applied");
  expect(left()).toEqual([["r", null, false, ["applied"]]]);
  host.event(exit(2, 20, 1, 105e9));
  expect(left()).toEqual([]);
});
