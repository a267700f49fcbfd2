import { mkdirSync, mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { HostPolicy } from "./host-policy.ts";
import { nothingAllowed, pathsIn, whyNotPath, whyNotProgram, whyNotVariable } from "./host-policy.ts";

const folder = mkdtempSync(join(tmpdir(), "corral-policy-"));
const scratch = join(folder, "scratch");
mkdirSync(join(folder, "data/in"), { recursive: true });
mkdirSync(scratch);
symlinkSync("/etc", join(folder, "data/link"));
symlinkSync(join(folder, "data"), join(folder, "alias"));

const policy: HostPolicy = {
  ...nothingAllowed,
  paths: [join(folder, "data"), "/srv/*/out"],
  environment: ["BENCH_*", "A"],
};
const may = (path: string, one = policy): boolean => whyNotPath(one, path, scratch, [scratch]) === null;

test("a directory that is allowed stands for what is in it, there or not", () => {
  expect([`${folder}/data`, `${folder}/data/in/x/y`, `${folder}/data/new`].map((path) => may(path))).toEqual([
    true,
    true,
    true,
  ]);
  expect([folder, `${folder}/data2`, "/", "/etc/passwd"].map((path) => may(path))).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

test("what leads out of it, by dots or by links, is not", () => {
  expect([`${folder}/data/../other`, `${folder}/data/link/passwd`, "../data2"].map((path) => may(path))).toEqual([
    false,
    false,
    false,
  ]);
  expect(may(`${folder}/alias/in`)).toBe(true);
});

test("an allowed name that is a link itself is allowed as what it leads to", () => {
  const linked = { ...policy, paths: [`${folder}/alias`] };
  expect([may(`${folder}/data/in`, linked), may(`${folder}/alias/in`, linked)]).toEqual([true, true]);
});

test("a pattern below a link is one of what the link leads to, and a refusal says where a name leads", () => {
  const linked = { ...policy, commands: [`${folder}/alias/*`] };
  expect(whyNotProgram(linked, `${folder}/alias/tool`)).toBeNull();
  expect(whyNotProgram(linked, `${folder}/data/tool`)).toBeNull();
  expect(whyNotProgram(linked, `${folder}/alias/in/tool`)).toBe(
    `names the command "${folder}/alias/in/tool" (it is "${folder}/data/in/tool"), which this host does not allow; it allows "${folder}/alias/*"`,
  );
});

test("wildcards are for names between slashes", () => {
  expect(["/srv/a/out/x", "/srv/a/b/out", "/srv/out"].map((path) => may(path))).toEqual([true, false, false]);
});

test("what belongs to the run is allowed, and relative paths count from its directory", () => {
  expect([`${scratch}/x`, "x/y", "./x"].map((path) => may(path, nothingAllowed))).toEqual([true, true, true]);
});

test("variables are allowed by their names", () => {
  expect(["BENCH_X", "A", "AB", "LD_PRELOAD", "PATH"].map((name) => whyNotVariable(policy, name) === null)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

test.each<[string, string[]]>([
  ["plain", []],
  ["a/b", []],
  ["/a", ["/a"]],
  ["--file=/a/b", ["/a/b"]],
  ["-v/a", ["/a"]],
  ["--v/a", ["/a"]],
  ["@/a", ["/a"]],
  ["file:///a", ["///a"]],
  ["cat '/a' >/b", ["/a", "/b"]],
  ["/a:/b,c", ["/a", "/b"]],
  ["a/../b", ["a/../b"]],
  ["..", [".."]],
  ["a..b", []],
  ["key=../x", ["../x"]],
])("the paths in %j are %j", (word, paths) => {
  expect(pathsIn(word)).toEqual(paths);
});
