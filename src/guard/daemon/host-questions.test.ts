import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { HostCgroups } from "../../cgroup/index.ts";
import { plainGuardConfig } from "../model/index.ts";
import { askHost } from "./host-questions.ts";

const home = mkdtempSync(join(tmpdir(), "corral-ask-"));
mkdirSync(join(home, "cgroup", "slice"), { recursive: true });
symlinkSync("/dev/null", join(home, "null"));
afterAll(() => rmSync(home, { recursive: true }));

const mountPoint = join(home, "cgroup");
const unified = { version: 2, mountPoint, controllers: [], ownDirectory: mountPoint, readOnly: false } as const;
const host: HostCgroups = { kind: "v2", hierarchies: [unified], unified, owner: {} };
const ask = (change: object, of = host): readonly string[] =>
  askHost({ ...plainGuardConfig, ...change }, of).map(({ message }) => message);

test("places that are there, or can be made, are no matter", () => {
  expect(ask({})).toEqual([]);
  expect(ask({ toolLog: join(home, "tools.jsonl"), cgroupRoot: join(mountPoint, "slice/agents") })).toEqual([]);
  expect(ask({ cgroupRoot: "/slice/agents" })).toEqual([]);
});

test("a log of tool calls needs its directory, and is a regular file", () => {
  expect(ask({ toolLog: join(home, "no/tools.jsonl") })).toEqual([
    `tool_log has no directory: ${JSON.stringify(join(home, "no"))}; make it first`,
  ]);
  expect(ask({ toolLog: join(home, "null") })).toEqual([
    `tool_log is no regular file: ${JSON.stringify(join(home, "null"))}`,
  ]);
});

test("a root group is below the cgroup mount, in a group that is there; without a mount nobody can say", () => {
  const [line = ""] = ask({ cgroupRoot: "/var/lib/agents" });
  expect(line).toBe(
    `cgroup_root has no group above it: ${JSON.stringify(join(mountPoint, "var/lib"))} is none below ${mountPoint}`,
  );
  expect(ask({ cgroupRoot: "/a b" })[0]).toMatch(/^cgroup_root is none: the root group cannot be "\/a b"; give a /);
  expect(ask({ cgroupRoot: "/var/lib/agents" }, { ...host, kind: "none", unified: null })).toEqual([]);
});
