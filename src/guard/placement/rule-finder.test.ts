import { expect, test } from "vitest";
import type { ExecEvent } from "../../events/index.ts";
import type { MatchFacts } from "../../kernel/match/index.ts";
import { parseGuardConfig } from "../model/index.ts";
import { RuleFinder } from "./rule-finder.ts";

/** A finder to which all but process 6000 run the files of this host. */
const finderOf = (...rules: readonly string[]): RuleFinder => {
  const lines = rules.map((match, index) => `  - { name: r${index}, session: session_low, ${match} }`);
  return new RuleFinder(
    parseGuardConfig(["version: 1", "placement:", ...lines, ""].join("\n"), "g").placement,
    (pid) => pid !== 6000,
  );
};

const exec: ExecEvent = {
  ...{ kind: "exec", tgid: 4000, identity: null, ppid: 7, uid: 1000, cgroupId: 1n, timestampNs: 1n, source: "bpf" },
  ...{
    reconciled: false,
    comm: "agent",
    filename: null,
    exe: "/opt/agent",
    argv: ["agent", "--x"],
    argvTruncated: false,
  },
};

/** Facts of an exec; counts how often one of them is asked for. */
function factsOf({ tgid, comm, ppid, uid, exe, argv }: ExecEvent): { readonly facts: MatchFacts; asked: () => number } {
  let asked = 0;
  const facts: MatchFacts = {
    pid: tgid,
    get stat() {
      asked += 1;
      return { comm: comm ?? "", ppid: ppid ?? 0, state: "R", numThreads: 1 };
    },
    uids: { real: uid ?? 0 },
    argv,
    exe: { path: exe ?? "" },
    cwd: null,
    cgroup: null,
    kernelThread: false,
    ageSec: 0,
  };
  return { facts, asked: () => asked };
}

const find = (finder: RuleFinder, event: ExecEvent): readonly [string | null, number] => {
  const { facts, asked } = factsOf(event);
  return [finder.findFor(event, facts)?.name ?? null, asked()];
};

test("where rules ask for what an exec tells, a verdict is remembered by file, user and name, for and against", () => {
  const finder = finderOf("match: { exe: /opt/agent, uid: 1000 }, except: [{ comm: other }]", "match: { uid: 1001 }");
  const executions = [
    exec,
    { ...exec, uid: 1001 },
    { ...exec, uid: 1002 },
    { ...exec, comm: "other" },
    { ...exec, exe: "/x" },
  ];
  expect(executions.map((event) => find(finder, event)[0])).toEqual(["r0", "r1", null, null, null]);
  // As another process, with other arguments.
  const again = executions.map((event) => find(finder, { ...event, tgid: 5000, argv: ["y"] }));
  expect(again).toEqual(["r0", "r1", null, null, null].map((name) => [name, 0]));
});

test.each(["match: { exe: /opt/agent, argv: '*--x' }", "match: { exe: /opt/agent }, except: [{ argv: '*--y' }]"])(
  "a rule that asks for more, %s, is judged each time",
  (rule) => {
    const finder = finderOf(rule);
    expect(find(finder, exec)[0]).toBe("r0");
    expect(find(finder, { ...exec, argv: ["agent", "--y"] })[0]).toBe(null);
    expect(find(finder, exec)[0]).toBe("r0");
  },
);

test("a rule that asks for more is in the way of no verdict that does not depend on it", () => {
  const finder = finderOf(
    "match: { exe: /opt/asked, argv: '*--x' }",
    "match: { exe: /opt/agent }, except: [{ exe: /opt/asked, cwd: /tmp }]",
    "match: { exe: /opt/asked }",
  );
  const asked = { ...exec, exe: "/opt/asked" };
  for (const _ of [1, 2]) {
    expect(find(finder, exec)[0]).toBe("r1");
    expect(find(finder, asked)[0]).toBe("r0");
    expect(find(finder, { ...asked, argv: ["agent"] })[0]).toBe("r2");
  }
  expect(finder.remembered(exec)?.ours?.name).toBe("r1");
  expect(finder.remembered(asked)?.ours).toBe(undefined);
  expect(find(finder, exec)).toEqual(["r1", 0]);
});

test("Corral and its children are left alone, whatever was remembered of their program", () => {
  const finder = finderOf("match: { exe: /opt/agent }");
  const own = [exec, { ...exec, tgid: process.pid }, { ...exec, ppid: process.pid }, exec];
  expect(own.map((event) => find(finder, event)[0])).toEqual(["r0", null, null, "r0"]);
});

test("what an exec does not tell is asked for, and not remembered", () => {
  const finder = finderOf("match: { exe: /opt/agent }");
  const { facts, asked } = factsOf(exec);
  for (const round of [1, 2]) {
    expect(finder.findFor({ ...exec, exe: null }, facts)?.name).toBe("r0");
    expect(asked()).toBeGreaterThanOrEqual(round);
  }
});

test.each(["", "argv: '*', ", "parent: '*', "])(
  "a program that a process mounted at a path itself is neither placed nor excepted by that path (%s)",
  (narrowing) => {
    const finder = finderOf(
      `match: { ${narrowing}exe: /opt/agent }`,
      `match: { ${narrowing}uid: 1000 }, except: [{ exe: /opt/other }]`,
    );
    const other = { ...exec, exe: "/opt/other" };
    for (const _ of [1, 2]) {
      expect([exec, other].map((event) => find(finder, { ...event, ppid: process.ppid })[0])).toEqual(["r0", null]);
      const strangers = [exec, other].map((event) => ({ ...event, tgid: 6000, ppid: process.ppid }));
      expect(strangers.map((event) => find(finder, event)[0])).toEqual(["r1", "r1"]);
    }
  },
);
