import { expect, test } from "vitest";
import { controlNumber } from "./group-memory.ts";
import type { Hierarchy, HostCgroups } from "./hierarchy.ts";
import { placeAt, placeOfProcess, whyUntouchable } from "./place.ts";

const hierarchy = (version: 1 | 2, mountPoint: string, ownDirectory: string | null): Hierarchy => ({
  version,
  mountPoint,
  controllers: version === 1 ? ["memory"] : [],
  ownDirectory,
  readOnly: false,
});

const memory = hierarchy(1, "/cg/memory", "/cg/memory/a/b");
const unified = hierarchy(2, "/cg/unified", "/cg/unified");
const host: HostCgroups = { kind: "hybrid", hierarchies: [memory, unified], unified, owner: { memory } };

test("the group of a process is that of the hierarchy that has the controller", () => {
  expect(placeOfProcess(host, "memory")).toEqual({ directory: "/cg/memory/a/b", hierarchy: memory, path: "/a/b" });
  expect(placeOfProcess(host, "unified")).toEqual({ directory: "/cg/unified", hierarchy: unified, path: "/" });
  expect(placeOfProcess(host, "cpu")).toBeNull();
  const outside: HostCgroups = { ...host, owner: { memory: { ...memory, ownDirectory: null } } };
  expect(placeOfProcess(outside, "memory")).toBeNull();
});

test("a path below the mount names a group, and nothing else", () => {
  expect(placeAt(host, "memory", "/x.slice/y")?.directory).toBe("/cg/memory/x.slice/y");
  expect(placeAt(host, "memory", "/")).toEqual({ directory: "/cg/memory", hierarchy: memory, path: "/" });
  expect(placeAt(host, "pids", "/x")).toBeNull();
  for (const path of ["", "x", "/x/", "//x", "/x/../y", "/.", "/..", "/x\0y"])
    expect(() => placeAt(host, "memory", path), JSON.stringify(path)).toThrow("is not the path of a control group");
});

test("the root, our own group and those above it are left alone, those beside and below it are not", () => {
  const why = (path: string): string | null => {
    const place = placeAt(host, "memory", path);
    return place === null ? "none" : whyUntouchable(place, host);
  };
  expect(why("/")).toBe("/cg/memory is the root group");
  expect(["/a", "/a/b"].map(why)).toEqual(["/cg/memory/a holds Corral itself", "/cg/memory/a/b holds Corral itself"]);
  expect(["/a/bc", "/a/b/c", "/ab", "/other"].map(why)).toEqual([null, null, null, null]);
});

test("a number of a control file may be max", () => {
  expect(["12\n", "max\n", "", "x", "-1"].map(controlNumber)).toEqual([12, Number.POSITIVE_INFINITY, null, null, null]);
  expect(controlNumber(null)).toBeNull();
});
