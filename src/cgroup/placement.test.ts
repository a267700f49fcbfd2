import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CorralError } from "../report/index.ts";
import type { Controller, Hierarchy } from "./hierarchy.ts";
import type { NoParent, Parent } from "./placement.ts";
import { selectParent } from "./placement.ts";

const ownPid = 4242;
let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "corral-placement-"));
});
afterEach(() => rmSync(root, { recursive: true }));

interface FakeGroup {
  readonly procs?: string;
  readonly controllers?: string;
  readonly subtree?: string;
  readonly limits?: Readonly<Record<string, string>>;
  /** True: this user may not manage it; stood for by missing files, since root may write anything. */
  readonly foreign?: boolean;
}

const v2Files = ["cpu.max", "memory.max", "memory.high", "memory.swap.max", "pids.max"];

/** Makes one group of a fake v2 tree; the empty path is the root, which has no cgroup.type and no limits. */
function group(
  path: string,
  { procs = "", controllers = "cpu memory", subtree = "", limits = {}, foreign }: FakeGroup = {},
) {
  const directory = path === "" ? root : `${root}/${path}`;
  mkdirSync(directory, { recursive: true });
  const unlimited = path === "" ? [] : v2Files.map((file) => [file, file === "cpu.max" ? "max 100000\n" : "max\n"]);
  const files: Readonly<Record<string, string>> = {
    ...Object.fromEntries(unlimited),
    "cgroup.controllers": `${controllers}\n`,
    ...(path === "" ? {} : { "cgroup.type": "domain\n", "io.max": "", "cpuset.cpus": "\n" }),
    ...(foreign === true ? {} : { "cgroup.procs": procs, "cgroup.subtree_control": `${subtree}\n` }),
    ...limits,
  };
  for (const [file, text] of Object.entries(files)) writeFileSync(`${directory}/${file}`, text);
  return directory;
}

const v2 = (own: string | null, readOnly = false): Hierarchy => ({
  version: 2,
  mountPoint: root,
  controllers: ["cpu", "memory"],
  ownDirectory: own,
  readOnly,
});

interface Choice {
  readonly needed?: readonly Controller[];
  readonly climb?: boolean;
  readonly explicit?: string;
}

function choose(hierarchy: Hierarchy, { needed = ["memory"], climb = true, explicit }: Choice = {}): Parent | NoParent {
  const host = { kind: "v2", hierarchies: [hierarchy], unified: hierarchy, owner: {} } as const;
  return selectParent({ host, hierarchy, needed, explicit: explicit ?? null, ownPid, climb });
}

const refused = (hierarchy: Hierarchy, denied: boolean, reason: string): NoParent => ({ hierarchy, denied, reason });
const chosen = (hierarchy: Hierarchy, directory: string, stepAside = false): Parent => ({
  hierarchy,
  directory,
  stepAside,
});

test("in the v2 root a group is made beside whatever runs there", () => {
  group("", { procs: "1\n2\n" });
  const hierarchy = v2(root);
  expect(choose(hierarchy)).toEqual(chosen(hierarchy, root));
});

test("a group without limits may be made below any group, processes or not", () => {
  group("");
  const hierarchy = v2(group("shell", { procs: "7\n8\n" }));
  expect(choose(hierarchy, { needed: [] })).toEqual(chosen(hierarchy, `${root}/shell`));
});

test("a delegated group that already passes its controllers on is used as it is", () => {
  group("");
  const hierarchy = v2(group("user", { procs: "7\n8\n", subtree: "cpu memory" }));
  expect(choose(hierarchy)).toEqual(chosen(hierarchy, `${root}/user`));
});

test("a process alone in its group steps aside, because a group with processes cannot pass controllers on", () => {
  group("", { procs: "1\n" });
  const hierarchy = v2(group("scope", { procs: `${ownPid}\n` }));
  expect(choose(hierarchy)).toEqual(chosen(hierarchy, `${root}/scope`, true));
});

test("a process with company goes beside its group, below the nearest one that can hold children", () => {
  group("", { procs: "1\n" });
  group("user", { subtree: "memory" });
  const hierarchy = v2(group("user/shell", { procs: `${ownPid}\n8\n` }));
  expect(choose(hierarchy)).toEqual(chosen(hierarchy, `${root}/user`));
});

test("climbing passes over groups that hold processes", () => {
  group("", { procs: "1\n" });
  group("user", { procs: "9\n" });
  const hierarchy = v2(group("user/shell", { procs: `${ownPid}\n8\n` }));
  expect(choose(hierarchy)).toEqual(chosen(hierarchy, root));
});

test("without climbing, a group with other processes in it is the end", () => {
  group("");
  group("user");
  const own = group("user/shell", { procs: `${ownPid}\n8\n` });
  const hierarchy = v2(own);
  const reason = `${own} is not delegated and has other processes in it`;
  expect(choose(hierarchy, { climb: false })).toEqual(refused(hierarchy, false, reason));
});

test.each([
  ["cpu.max", "50000 100000\n"],
  ["memory.max", "1048576\n"],
  ["memory.high", "1048576\n"],
  ["memory.swap.max", "0\n"],
  ["pids.max", "10\n"],
  ["io.max", "8:0 rbps=1024 wbps=max riops=max wiops=max\n"],
  ["cpuset.cpus", "0-1\n"],
  ["cpuset.mems", "0\n"],
])("a job is never placed beside a group that limits its creator by %s", (file, text) => {
  group("");
  const own = group("jail", { procs: `${ownPid}\n8\n`, limits: { [file]: text } });
  const hierarchy = v2(own);
  const reason = `${own} limits this process, and a job beside it would escape that limit`;
  expect(choose(hierarchy)).toEqual(refused(hierarchy, false, reason));
});

test("a limit two storeys up still holds: climbing stops below it", () => {
  group("");
  const jail = group("jail", { procs: "9\n", limits: { "memory.max": "4096\n" } });
  const hierarchy = v2(group("jail/shell", { procs: `${ownPid}\n8\n` }));
  const reason = `${jail} limits this process, and a job beside it would escape that limit`;
  expect(choose(hierarchy)).toEqual(refused(hierarchy, false, reason));
});

test("a group that may not be managed ends the climb as a matter of permission", () => {
  group("");
  const above = group("system", { foreign: true });
  const hierarchy = v2(group("system/shell", { procs: `${ownPid}\n8\n` }));
  expect(choose(hierarchy)).toEqual(refused(hierarchy, true, `no permission to create groups in ${above}`));
});

test("a group that was not given a controller says so where nothing above may be managed", () => {
  group("", { foreign: true });
  const own = group("user", { controllers: "pids" });
  const hierarchy = v2(own);
  const reason = `${own} has not been given the controller memory`;
  expect(choose(hierarchy)).toEqual(refused(hierarchy, false, reason));
});

test("when no group up to the root has the controller, that is the reason", () => {
  group("", { controllers: "pids" });
  const own = group("shell", { controllers: "pids", procs: "7\n" });
  const hierarchy = v2(own);
  expect(choose(hierarchy)).toEqual(refused(hierarchy, false, `no group at or above ${own} can hold a job's group`));
});

test("an own group outside the mount and a read-only mount are reasons of their own", () => {
  group("");
  const outside = v2(null);
  expect(choose(outside)).toEqual(refused(outside, false, "this process's own group lies outside the mount"));
  const readOnly = v2(root, true);
  expect(choose(readOnly)).toEqual(refused(readOnly, true, `${root} is mounted read-only`));
});

test("wherever a job goes, every limit on its creator stays above it", () => {
  const one = fc.record({
    procs: fc.constantFrom("", `${ownPid}\n`, `${ownPid}\n8\n`, "9\n"),
    subtree: fc.constantFrom("", "memory", "cpu memory"),
    limited: fc.boolean(),
    foreign: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(one, { minLength: 1, maxLength: 4 }), fc.boolean(), (groups, climb) => {
      rmSync(root, { recursive: true });
      group("", { procs: "1\n" });
      let path = "";
      const limited: string[] = [];
      for (const { limited: limits, ...rest } of groups) {
        path = path === "" ? "g" : `${path}/g`;
        group(path, { ...rest, limits: limits ? { "memory.max": "4096\n" } : {} });
        if (limits) limited.push(`${root}/${path}`);
      }
      const own = `${root}/${path}`;
      const result = choose(v2(own), { climb });
      if ("reason" in result) return;
      expect(own === result.directory || own.startsWith(`${result.directory}/`)).toBe(true);
      expect(climb || result.directory === own).toBe(true);
      const escaped = limited.filter((one) => one !== result.directory && one.startsWith(`${result.directory}/`));
      expect(escaped).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test("on v1 a job goes below the group its creator is in", () => {
  const own = join(root, "memory/api");
  mkdirSync(own, { recursive: true });
  const v1: Hierarchy = { ...v2(own), version: 1 };
  expect(choose(v1)).toEqual(chosen(v1, own));
  const outside = { ...v1, ownDirectory: null };
  expect(choose(outside)).toEqual(refused(outside, false, "this process's own group lies outside the mount"));
  const readOnly = { ...v1, readOnly: true };
  expect(choose(readOnly)).toEqual(refused(readOnly, true, `${root} is mounted read-only`));
  const gone = { ...v1, ownDirectory: `${own}/gone` };
  expect(choose(gone)).toEqual(refused(gone, true, `no permission to create groups in ${own}/gone`));
});

test.each([
  ["/jobs/batch", "jobs/batch"],
  ["batch", "jobs/batch"],
  ["/jobs/", "jobs"],
  ["/", ""],
])("the parent %s counts from the mount with a slash and from the own group without", (explicit, below) => {
  group("jobs/batch");
  const hierarchy = v2(`${root}/jobs`);
  expect(choose(hierarchy, { explicit })).toEqual(chosen(hierarchy, below === "" ? root : `${root}/${below}`));
});

/** The error that choosing throws. */
function errorOf(explicit: string): Pick<CorralError, "code" | "message" | "fix"> | null {
  try {
    choose(v2(root), { explicit });
    return null;
  } catch (thrown) {
    if (!(thrown instanceof CorralError)) throw thrown;
    return { code: thrown.code, message: thrown.message, fix: thrown.fix };
  }
}

test("a parent that does not exist is refused, with the way out", () => {
  expect(errorOf("/no/such")).toEqual({
    code: "CGROUP_PARENT",
    message: `the parent group "${root}/no/such" does not exist`,
    fix: "create it in every hierarchy that the limits use, or leave --cgroup-parent out",
  });
});

test("a parent may not climb out of the mount", () => {
  const name = `/../${dirname(root)}`;
  expect(errorOf(name)).toEqual({
    code: "CGROUP_PARENT",
    message: `the parent group "${name}" must not contain ".."`,
    fix: null,
  });
});

test("a parent that is a file is refused like one that does not exist", () => {
  writeFileSync(`${root}/tasks`, "");
  expect(errorOf("/tasks")?.message).toBe(`the parent group "${root}/tasks" does not exist`);
});
