import { expect, test } from "vitest";
import type { LauncherSet } from "../kernel/index.ts";
import { inheritAll } from "../kernel/index.ts";
import type { AttributeFacts } from "./attributes.ts";
import { attributeOutcomes, toLauncherOptions } from "./attributes.ts";
import type { ProcessAttributes } from "./spec.ts";
import { noAttributes } from "./spec.ts";

const every: ProcessAttributes = {
  nice: -5,
  oomScore: 500,
  ioPriority: { class: "best-effort", level: 6 },
  sched: { policy: "rr", priority: 10 },
  affinity: "0-1",
  rlimits: [
    { resource: "nofile", soft: 1024, hard: "max" },
    { resource: "core", soft: 0, hard: 0 },
  ],
  workdir: "/tmp",
  uid: 1000,
  gid: 100,
  groups: [100, 27],
};

const calm: AttributeFacts = { cpuGroup: false, niceBecameWeight: false, autogroup: false, standIns: new Set() };

const set = (name: string, effective: string | null, code: string | null = null): LauncherSet => ({
  name,
  errno: code === null ? 0 : 1,
  code,
  effective,
});

test("every attribute reaches the launcher in the kernel's numbers", () => {
  expect(toLauncherOptions(every, ["/cg/memory/x/tasks"], "own")).toEqual({
    joins: ["/cg/memory/x/tasks"],
    pgroup: true,
    nice: -5,
    oomScore: 500,
    ioprio: { class: 2, level: 6 },
    sched: { policy: 2, priority: 10 },
    affinity: "0-1",
    rlimits: [
      { resource: 7, soft: 1024n, hard: null },
      { resource: 4, soft: 0n, hard: 0n },
    ],
    workdir: "/tmp",
    groups: [100, 27],
    gid: 100,
    uid: 1000,
    strict: false,
  });
});

test("nothing asked for leaves everything as inherited, and a shared process group is not left", () => {
  expect(toLauncherOptions(noAttributes, [], "shared")).toEqual(inheritAll);
});

test("each attribute that was set has one outcome, with the value read back", () => {
  const sets = [
    set("nice", "-5"),
    set("oom-score", "500"),
    set("ioprio", "2:6"),
    set("sched", "2:10"),
    set("affinity", "0-1"),
    set("rlimit.7", "1024:inf"),
    set("rlimit.4", "0:0"),
    set("uid", "1000"),
  ];
  const applied = { status: "applied", reason: null };
  expect(attributeOutcomes(every, sets, calm)).toEqual([
    { name: "nice", requested: "-5", mechanism: "setpriority", effective: "-5", ...applied },
    { name: "oom-score", requested: "500", mechanism: "oom_score_adj", effective: "500", ...applied },
    { name: "ionice", requested: "best-effort:6", mechanism: "ioprio_set", effective: "best-effort:6", ...applied },
    { name: "sched", requested: "rr:10", mechanism: "sched_setscheduler", effective: "rr:10", ...applied },
    { name: "affinity", requested: "0-1", mechanism: "sched_setaffinity", effective: "0-1", ...applied },
    { name: "rlimit", requested: "nofile=1024:max", mechanism: "prlimit", effective: "1024:inf", ...applied },
    { name: "rlimit", requested: "core=0:0", mechanism: "prlimit", effective: "0:0", ...applied },
  ]);
});

const only = (part: Partial<ProcessAttributes>): ProcessAttributes => ({ ...noAttributes, ...part });

/** [attributes, what the launcher said, facts, status, reason] */
test.each<[Partial<ProcessAttributes>, LauncherSet, Partial<AttributeFacts>, string, string | null]>([
  [{ nice: -5 }, set("nice", "0", "EACCES"), {}, "failed", "permission denied (EACCES)"],
  [
    { oomScore: -1 },
    set("oom-score", "0", "EPERM"),
    {},
    "failed",
    "permission denied (EPERM); a value below the inherited one needs CAP_SYS_RESOURCE",
  ],
  [{ affinity: "99" }, set("affinity", null, "EINVAL"), {}, "failed", "none of these CPUs can be used here (EINVAL)"],
  [{ affinity: "0-3" }, set("affinity", "0-1"), {}, "degraded", "CPUs 2-3 cannot be used here"],
  [{ affinity: "0,2" }, set("affinity", "0"), {}, "degraded", "CPU 2 cannot be used here"],
  [{ affinity: "0,1" }, set("affinity", "0-1"), {}, "applied", null],
  [{ affinity: "99" }, { ...set("affinity", null), errno: 999 }, {}, "failed", "unknown error"],
  [
    { sched: { policy: "fifo", priority: 1 } },
    set("sched", "0:0", "EPERM"),
    { cpuGroup: true },
    "failed",
    "permission denied (EPERM); a cgroup v1 cpu group has no realtime budget unless cpu.rt_runtime_us gives it one",
  ],
  [
    { nice: 5 },
    set("nice", "5"),
    { cpuGroup: true },
    "applied",
    "orders tasks inside the group; against others the group's cpu weight decides",
  ],
  [
    { nice: 5 },
    set("nice", "5"),
    { autogroup: true },
    "degraded",
    "autogroup is on: the kernel weighs nice only against processes of the same session",
  ],
])("with %j and %j the outcome is told truly", (attributes, reported, facts, status, reason) => {
  expect(attributeOutcomes(only(attributes), [reported], { ...calm, ...facts })).toMatchObject([{ status, reason }]);
});

test("an attribute that stands in for a limit, or became the group's weight, has no outcome of its own", () => {
  const sets = [set("nice", "3")];
  const nice = only({ nice: 3 });
  expect(attributeOutcomes(nice, sets, { ...calm, standIns: new Set(["nice"]) })).toEqual([]);
  expect(attributeOutcomes(nice, sets, { ...calm, niceBecameWeight: true })).toEqual([]);
});

test("what nobody asked for has no outcome", () => {
  expect(attributeOutcomes(noAttributes, [set("nice", "0"), set("join", "/x")], calm)).toEqual([]);
});
