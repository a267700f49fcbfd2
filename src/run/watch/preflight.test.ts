import { expect, test } from "vitest";
import { parseWatchConfig } from "./config.ts";
import type { CapabilityName } from "./preflight.ts";
import { missingPrivileges } from "./preflight.ts";

const config = parseWatchConfig(
  `version: 1
rules:
  - { name: group, match: { comm: a }, limits: { cpu-quota: 50, pids-max: 9 } }
  - { name: attributes, match: { exe: /a, cwd: /b }, limits: { sched: batch, oom-score: 5, rlimit: [core=0] } }
  - { name: nothing, match: { comm: b } }
`,
  "test.yaml",
);

const missing = (uid: number, ...capabilities: readonly CapabilityName[]): readonly string[] =>
  missingPrivileges(config, { uid, has: (name) => capabilities.includes(name) });

test("root with every capability lacks nothing", () => {
  const all = ["CAP_DAC_OVERRIDE", "CAP_NET_ADMIN", "CAP_SYS_PTRACE", "CAP_SYS_NICE", "CAP_SYS_RESOURCE"] as const;
  expect(missing(0, ...all)).toEqual([]);
});

test("a user is told, rule by rule, what will not reach the processes of others", () => {
  expect(missing(1000)).toEqual([
    "rule group, limits of groups: only root can set them on the processes of other users",
    "rule attributes, sched: it takes CAP_SYS_NICE to set them on the processes of other users, and to raise a priority",
    "rule attributes, oom-score: it takes CAP_DAC_OVERRIDE for the processes of other users, and CAP_SYS_RESOURCE to lower it",
    "rule attributes, rlimit: it takes CAP_SYS_RESOURCE for the processes of other users, and to raise a hard limit",
    "rule attributes, exe, cwd: it takes CAP_SYS_PTRACE to read them of other users; what is hidden matches nothing, and is excepted",
  ]);
});

test("root without a capability is told only what needs that one", () => {
  expect(missing(0, "CAP_SYS_NICE", "CAP_DAC_OVERRIDE", "CAP_SYS_RESOURCE")).toEqual([
    "rule attributes, exe, cwd: it takes CAP_SYS_PTRACE to read them of other users; what is hidden matches nothing, and is excepted",
  ]);
});
