import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CorralError } from "../report/index.ts";
import type { GroupDirectory, GroupSite } from "./group.ts";
import { enableControllers, GroupHandle, removeDirectory } from "./group.ts";
import type { Controller, Hierarchy } from "./hierarchy.ts";

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "corral-group-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const hierarchy = (version: 1 | 2): Hierarchy => ({
  version,
  mountPoint: root,
  controllers: ["cpu", "memory"],
  ownDirectory: root,
  readOnly: false,
});

function fakeGroup(path: string, files: Readonly<Record<string, string>>): string {
  const directory = join(root, path);
  mkdirSync(directory, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(directory, file), text);
  return directory;
}

const site = (directory: string, version: 1 | 2, controllers: readonly Controller[]): GroupSite => ({
  parent: { hierarchy: hierarchy(version), directory, stepAside: false },
  controllers,
  optional: [],
});

const recorded = (path: string, version: 1 | 2 = 2, controllers: readonly Controller[] = []): GroupDirectory => {
  const { dev, ino } = statSync(path);
  return { path, version, controllers, device: dev, inode: ino };
};

test("controllers are enabled from the top down, and only where they are missing", () => {
  fakeGroup("", { "cgroup.subtree_control": "" });
  fakeGroup("a", { "cgroup.controllers": "cpu", "cgroup.subtree_control": "" });
  const b = fakeGroup("a/b", { "cgroup.controllers": "", "cgroup.subtree_control": "" });
  expect(enableControllers(hierarchy(2), b, ["cpu", "memory"])).toEqual(["cpu", "memory"]);
  const written = ["", "a", "a/b"].map((path) => readFileSync(join(root, path, "cgroup.subtree_control"), "utf8"));
  expect(written).toEqual(["+memory", "+cpu +memory", "+cpu +memory"]);
});

test("controllers that are enabled already are not written again", () => {
  const a = fakeGroup("a", { "cgroup.subtree_control": "cpu memory\n" });
  expect(enableControllers(hierarchy(2), a, ["memory"])).toEqual([]);
  expect(readFileSync(`${a}/cgroup.subtree_control`, "utf8")).toBe("cpu memory\n");
});

test("a group remembers the inode of every directory it made", () => {
  const v1 = fakeGroup("memory", {});
  const v2 = fakeGroup("unified", { "cgroup.subtree_control": "cpu" });
  const group = GroupHandle.create("corral-x", [site(v1, 1, ["memory"]), site(v2, 2, ["cpu"])]);
  expect(group.directories).toEqual([
    recorded(`${v1}/corral-x`, 1, ["memory"]),
    recorded(`${v2}/corral-x`, 2, ["cpu"]),
  ]);
  expect([group.unified?.path, group.directoryOf("memory"), group.directoryOf("io")]).toEqual([
    `${v2}/corral-x`,
    `${v1}/corral-x`,
    null,
  ]);
});

test("a group is made whole or not at all", () => {
  const v1 = fakeGroup("memory", {});
  const taken = fakeGroup("cpu", {});
  mkdirSync(`${taken}/corral-x`);
  const create = (): GroupHandle => GroupHandle.create("corral-x", [site(v1, 1, ["memory"]), site(taken, 1, ["cpu"])]);
  expect(create).toThrow(
    expect.objectContaining({
      code: "CGROUP_IO",
      message: `cannot create the group ${taken}/corral-x: EEXIST`,
      found: "EEXIST",
      object: `${taken}/corral-x`,
    }),
  );
  expect(readdirSync(v1)).toEqual([]);
});

test("a site that only counts is left out when it cannot be made", () => {
  const v1 = fakeGroup("memory", {});
  const optional: GroupSite = { ...site(join(root, "gone"), 1, []), optional: ["pids"] };
  const group = GroupHandle.create("corral-x", [site(v1, 1, ["memory"]), optional]);
  expect(group.directories.map(({ path }) => path)).toEqual([`${v1}/corral-x`]);
});

test("controllers that only count are taken where they can be enabled", () => {
  const v2 = fakeGroup("a", { "cgroup.controllers": "cpu", "cgroup.subtree_control": "cpu" });
  const wanting: GroupSite = { ...site(v2, 2, ["cpu"]), optional: ["memory"] };
  expect(GroupHandle.create("corral-x", [wanting]).directories[0]?.controllers).toEqual(["cpu"]);
});

test("only the directory that Corral made is removed: another one of that name stays", () => {
  const path = fakeGroup("corral-x", {});
  const other: GroupDirectory = { ...recorded(path), inode: recorded(path).inode + 1 };
  expect([removeDirectory(other), existsSync(path)]).toEqual([true, true]);
  expect([removeDirectory(recorded(path)), existsSync(path)]).toEqual([true, false]);
});

test("a directory that is not empty stays, and is named", () => {
  const path = fakeGroup("corral-x", { "a-child": "" });
  expect(new GroupHandle([recorded(path)]).remove()).toEqual([path]);
});

test("the processes of a group are those of all its directories, each once, in order", () => {
  const v1 = fakeGroup("m", { "cgroup.procs": "12\n7\n0\n" });
  const v2 = fakeGroup("u", { "cgroup.procs": "7\n9\n" });
  const group = new GroupHandle([recorded(v1, 1), recorded(v2)]);
  expect(group.processes()).toEqual([7, 9, 12]);
});

test.each([
  ["populated 1\nfrozen 0\n", "", true],
  ["populated 0\nfrozen 0\n", "", false],
  ["populated 0\nfrozen 0\n", "7\n", true],
])("with events %j and processes %j a group is populated: %s", (events, procs, populated) => {
  const path = fakeGroup("u", { "cgroup.events": events, "cgroup.procs": procs });
  expect(new GroupHandle([recorded(path)]).isPopulated()).toBe(populated);
});

test("freezing writes the v2 freezer, else that of v1, else says that there is none", () => {
  const v2 = fakeGroup("u", { "cgroup.freeze": "" });
  const v1 = fakeGroup("f", { "freezer.state": "" });
  new GroupHandle([recorded(v2)]).setFrozen(true);
  new GroupHandle([recorded(v1, 1, ["freezer"])]).setFrozen(true);
  expect([readFileSync(`${v2}/cgroup.freeze`, "utf8"), readFileSync(`${v1}/freezer.state`, "utf8")]).toEqual([
    "1",
    "FROZEN",
  ]);
  const bare = new GroupHandle([recorded(v1, 1, ["memory"])]);
  expect(() => bare.setFrozen(true)).toThrow(
    new CorralError("CGROUP_IO", "the group has no freezer: no v2 mount and no v1 freezer directory"),
  );
});
