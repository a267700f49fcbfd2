import { expect, test } from "vitest";
import { exec, fork, running } from "../../../test/shared/made-events.ts";
import { at, lookedUp, measure, pidsOf, signal, start, timesOf, withRule } from "../../../test/shared/one-rule.ts";
import type { PolicyHarness } from "../../../test/shared/policy-harness.ts";
import { sec } from "../../../test/shared/policy-harness.ts";

test.each<[string, readonly string[], readonly number[]]>([
  ["comm", ["select: { comm: 'work*' }"], [3, 4]],
  ["exe", ["select: { exe: /bin/sh }"], [5]],
  ["argv", ["select: { argv: '*ker' }"], [3, 4]],
  ["cgroup", ["select: { cgroup: /batch/** }"], [4]],
  ["parent", ["select: { parent: runner }"], [3]],
  ["an ancestor", ["select: { ancestor: { comm: runner } }"], [3]],
  ["exceptions", ["except: [{ comm: sh }, { cgroup: /batch/** }]"], [2, 3]],
  ["no key at all", [], [2, 3, 4, 5]],
])("processes are selected by %s", (_, select, selected) => {
  const host = withRule([...select, "when: { exec: { after: 1s } }", signal, "limits: { in_flight: 9 }"]);
  const steps = [
    [1, "init", "/", 0],
    [10, "top", "/", 1],
    [2, "runner", "/", 10],
    [3, "worker", "/g", 2],
    [4, "worker", "/batch/x", 10],
    [5, "sh", "/g", 1],
  ] as const;
  for (const [pid, comm, group, parent] of steps) {
    host.event(fork(pid, pid * 10, parent, at(pid < 2 || pid === 10 ? 0 : 2)));
    if (pid !== 1 && pid !== 10) host.event(exec(pid, pid * 10, parent, at(2), comm), lookedUp(group));
    else host.event({ ...exec(pid, pid * 10, parent, at(0), comm), kind: "exec" }, lookedUp(group));
  }
  host.advance(sec(10));
  expect(
    pidsOf(host)
      .filter((pid) => pid !== 1 && pid !== 10)
      .toSorted((a, b) => a - b),
  ).toEqual(selected);
});

test("a process that no rule selects has no deadline and is not remembered by any rule", () => {
  const host = withRule(["select: { comm: nobody }", "when: { exec: { after: 1h } }", signal]);
  for (let pid = 10; pid < 1010; pid += 1) start(host, pid, 1);
  expect(host.engine.size()).toMatchObject({ tracked: 0, cases: 0, deadlines: 0, watches: 0 });
});

test("tags and names of an enrolment select, and who is not enrolled is none of the rule's", () => {
  const host = withRule([
    "select: { workload: 'web-*', tags: { tier: 'b*' } }",
    "when: { enrol: { after: 2s } }",
    "do: { message: trim }",
  ]);
  for (const pid of [2, 3, 4, 5]) start(host, pid, 1);
  host.enrol(2, 20, { name: "web-1", tags: { tier: "batch" } });
  host.enrol(3, 30, { name: "web-2", tags: { tier: "front" } });
  host.enrol(4, 40, { name: "db", tags: { tier: "batch" } });
  host.advance(sec(100));
  expect([pidsOf(host), host.attempts]).toEqual([[2], []]);
});

test("a process must be as large as the rule says when it is due", () => {
  const host = withRule(["select: { min_rss: 64M }", "when: { exec: { after: 1s } }", signal]);
  start(host, 2, 1);
  start(host, 3, 1);
  host.advance(sec(3));
  const looks = host.decisions.flatMap((one) => (one.kind === "look" ? [one] : []));
  for (const { lookId, identity } of looks)
    host.input({ kind: "measured", lookId, measure: measure(identity.pid === 2 ? 2 ** 20 : 2 ** 27) });
  expect([looks.length, pidsOf(host), host.attempts]).toEqual([2, [3], []]);
});

test("a process must be as old as the rule says, counted from its start", () => {
  const host = withRule(["select: { min_age: 10s }", "when: { exec: { after: 1s } }", signal]);
  host.event(fork(2, 20, 1, at(1)));
  host.event(exec(2, 20, 1, at(5)), lookedUp("/g"));
  host.advance(sec(20));
  expect(timesOf(host)).toEqual([11]);
});

test("a fork without an exec runs the program of its parent, and is selected by it", () => {
  const host = withRule(["select: { comm: nginx }", "when: { fork: { after: 1s } }", signal]);
  start(host, 2, 1, "nginx");
  host.event(fork(3, 30, 2, at(5)), lookedUp("/g"));
  host.advance(sec(20));
  expect(host.acts.map(({ target, deadlineNs }) => [target.identity.pid, deadlineNs])).toEqual([
    [2, sec(2)],
    [3, sec(6)],
  ]);
});

test("a rule may have what ran before it, its deadline counted from the start of the process", () => {
  const adopt = (line: string): PolicyHarness => {
    const host = withRule(["when: { exec: { after: 10s } }", signal, line], { startNs: sec(100) });
    for (const [pid, startNs] of [
      [2, sec(95)],
      [3, sec(20)],
    ] as const)
      host.adopt({ process: running(pid, pid * 10, 1), lookedUp: lookedUp("/g"), startNs, remembered: null });
    host.advance(sec(200));
    return host;
  };
  expect([timesOf(adopt("adopt: true")).toSorted((a, b) => a - b), timesOf(adopt("adopt: false"))]).toEqual([
    [30, 105],
    [],
  ]);
});
