import { expect, test } from "vitest";
import { plainGuardConfig } from "../model/index.ts";
import type { GuardRoot } from "./guard-root.ts";
import { planTree } from "./tree-plan.ts";

const root: GuardRoot = {
  hierarchy: {
    version: 2,
    mountPoint: "/sys/fs/cgroup",
    controllers: ["memory", "cpu"],
    ownDirectory: null,
    readOnly: false,
  },
  directory: "/sys/fs/cgroup/agentcg",
  parent: "/sys/fs/cgroup",
  leaf: "agentcg",
  offered: ["memory", "cpu"],
  missing: ["pids", "io", "cpuset"],
};

test("every session has a framework leaf and a group above its tool calls; no internal group is for processes", () => {
  const planned = planTree(root, plainGuardConfig.sessions);
  expect(planned.map(({ directory, role, passesOn }) => [directory.slice(14), role, passesOn])).toEqual([
    ["/agentcg", "root", true],
    ["/agentcg/session_high", "session", true],
    ["/agentcg/session_high/framework", "framework", false],
    ["/agentcg/session_high/tools", "tools", true],
    ["/agentcg/session_low", "session", true],
    ["/agentcg/session_low/framework", "framework", false],
    ["/agentcg/session_low/tools", "tools", true],
  ]);
});

test("the limits of a session stand at its own group, and nowhere below", () => {
  const limited = planTree(root, plainGuardConfig.sessions).filter(({ limits }) => Object.keys(limits).length > 0);
  expect(limited.map(({ role, limits }) => [role, limits])).toEqual([
    ["session", { cpuWeight: 150, pidsMax: 2048 }],
    ["session", { cpuWeight: 50, pidsMax: 2048 }],
  ]);
});
