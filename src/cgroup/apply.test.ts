import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ConstraintOutcome } from "../report/index.ts";
import { applyLimits } from "./apply.ts";
import { explainErrno, readControl, tryReadControl, writeControl } from "./control-file.ts";
import type { PlannedLimit } from "./plan.ts";

let directory = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "corral-apply-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const pids: PlannedLimit = {
  key: "pidsMax",
  name: "pids-max",
  requested: "32",
  controller: "pids",
  writes: [{ file: "pids.max", value: "32" }],
  checks: [{ file: "pids.max", expected: "32", comparison: "text" }],
};

const outcome = (part: Partial<ConstraintOutcome>): ConstraintOutcome => ({
  name: "pids-max",
  requested: "32",
  status: "applied",
  mechanism: "pids.max",
  effective: null,
  reason: null,
  ...part,
});

const apply = (limit: PlannedLimit): ConstraintOutcome[] => applyLimits([limit], () => directory);

test("a limit that reads back as written is applied, with the value read", () => {
  writeFileSync(join(directory, "pids.max"), "");
  expect(apply(pids)).toEqual([outcome({ effective: "32" })]);
  expect(readFileSync(join(directory, "pids.max"), "utf8")).toBe("32");
});

test("a mechanism that is weaker than the request is degraded, with the reason", () => {
  writeFileSync(join(directory, "pids.max"), "");
  const weaker = { ...pids, weaker: "only a hint" };
  expect(apply(weaker)).toEqual([outcome({ status: "degraded", effective: "32", reason: "only a hint" })]);
});

test("a limit that reads back otherwise has failed, whatever the write said", () => {
  writeFileSync(join(directory, "pids.max"), "");
  const checks = [{ file: "pids.max", expected: "33", comparison: "text" as const }];
  const reason = 'pids.max reads back "32", not 33';
  expect(apply({ ...pids, checks })).toEqual([outcome({ status: "failed", effective: "32", reason })]);
});

test("a control file that this kernel does not have makes its limit not enforceable", () => {
  const reason = "this kernel or group has no such control file (ENOENT)";
  expect(apply(pids)).toEqual([outcome({ status: "not_enforceable", reason })]);
});

test("a limit whose controller has no group is not enforceable", () => {
  const reason = "there is no group with the pids controller";
  expect(applyLimits([pids], () => null)).toEqual([outcome({ status: "not_enforceable", reason })]);
});

test("a limit that is lifted and not read back is applied without a value", () => {
  writeFileSync(join(directory, "pids.max"), "");
  expect(apply({ ...pids, checks: [] })).toEqual([outcome({})]);
});

test("one limit that cannot be written does not keep the others from being applied", () => {
  writeFileSync(join(directory, "pids.max"), "");
  const missing = { ...pids, name: "memory-limit", writes: [{ file: "memory.max", value: "1" }] };
  expect(applyLimits([missing, pids], () => directory).map(({ status }) => status)).toEqual([
    "not_enforceable",
    "applied",
  ]);
});

test("an error of a control file names action, path and errno", () => {
  const path = join(directory, "no.such");
  const error = { code: "CGROUP_IO", object: path, found: "ENOENT" };
  const why = "this kernel or group has no such control file (ENOENT)";
  expect(() => writeControl(path, "a\n")).toThrow(
    expect.objectContaining({ ...error, message: `cannot write "a\\n" to ${path}: ${why}` }),
  );
  expect(() => readControl(path)).toThrow(
    expect.objectContaining({ ...error, message: `cannot read ${path}: ${why}` }),
  );
  expect(tryReadControl(path)).toBeNull();
});

test.each([
  ["EBUSY", "the group is in use in a way that forbids it (EBUSY)"],
  ["EIO", "EIO"],
  [null, "unknown error"],
])("errno %s means: %s", (errno, text) => {
  expect(explainErrno(errno)).toBe(text);
});
