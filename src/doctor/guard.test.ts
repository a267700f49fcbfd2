import { expect, test } from "vitest";
import type { Hierarchy, HostCgroups } from "../cgroup/index.ts";
import type { Finding } from "./finding.ts";
import { judgeBackends, judgeGuardHost, judgeMemcgBpfOps, judgeNsdelegate } from "./guard.ts";

const unified: Hierarchy = {
  version: 2,
  mountPoint: "/sys/fs/cgroup",
  controllers: ["memory"],
  ownDirectory: "/sys/fs/cgroup",
  readOnly: false,
};
const host = (kind: HostCgroups["kind"], readOnly = false): HostCgroups => ({
  kind,
  hierarchies: [unified],
  unified: { ...unified, readOnly },
  owner: {},
});

test("sessions need one writable mount of cgroup v2 and no other", () => {
  const verdicts = [host("v2"), host("v2", true), host("hybrid"), host("none")].map(judgeGuardHost);
  expect(verdicts.map(({ status, found }) => [status, found])).toEqual([
    ["yes", "cgroup v2 alone, writable"],
    ["no", "cgroup v2 alone, read-only"],
    ["no", "cgroup layout hybrid"],
    ["no", "cgroup layout none"],
  ]);
});

test("nsdelegate is an option of the cgroup2 mount", () => {
  const mount = (options: string): string =>
    `22 1 0:21 / /proc rw - proc proc rw\n34 24 0:29 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 ${options}\n`;
  const verdicts = [mount("rw,nsdelegate,memory_recursiveprot"), mount("rw"), "", null].map(judgeNsdelegate);
  expect(verdicts.map(({ status, facts }) => [status, facts["on"]])).toEqual([
    ["yes", true],
    ["no", false],
    ["unknown", null],
    ["unknown", null],
  ]);
});

test("the kernel's hooks are told as they were found", () => {
  expect((["present", "absent", "unknown"] as const).map((one) => judgeMemcgBpfOps(one).status)).toEqual([
    "yes",
    "no",
    "unknown",
  ]);
});

test("the backends follow from what else was found", () => {
  const yes = (group: Finding["group"], name: string) => ({ group, name, status: "yes" }) as const;
  expect(judgeBackends([]).found).toBe("events: polling; memory: two-stage, by looks alone; CPU: fair");
  expect(judgeBackends([yes("events", "proc connector"), yes("pressure", "triggers")])).toMatchObject({
    status: "partly",
    found: "events: proc connector; memory: two-stage, woken by pressure; CPU: fair",
  });
  const all = [yes("events", "BPF tracing"), yes("pressure", "triggers"), yes("events", "sched_ext")];
  expect(judgeBackends(all)).toMatchObject({
    status: "yes",
    found: "events: bpf; memory: two-stage, woken by pressure; CPU: fair, or scx on request",
  });
});
