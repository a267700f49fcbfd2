import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkReportPath, writeReportFile } from "./report-file.ts";

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "corral-report-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const fix = "choose a file in a directory you can write to, on a file system with room";

test("a report replaces its file in one step", () => {
  const path = join(root, "report.json");
  checkReportPath(path);
  writeReportFile(path, "one\n");
  checkReportPath(path);
  writeReportFile(path, "two\n");
  expect([readFileSync(path, "utf8"), readdirSync(root)]).toEqual(["two\n", ["report.json"]]);
});

test("a report may go to a device", () => {
  checkReportPath("/dev/null");
  writeReportFile("/dev/null", "x");
});

/** [path below the temporary directory, errno] */
test.each([
  ["gone/report.json", "ENOENT"],
  ["folder", "EISDIR"],
])("a report cannot go to %s, which is known before anything starts", (below, errno) => {
  mkdirSync(join(root, "folder"));
  const path = join(root, below);
  const error = expect.objectContaining({
    code: "REPORT_UNWRITABLE",
    message: `cannot write the report ${JSON.stringify(path)}: ${errno}`,
    object: path,
    fix,
  });
  expect(() => checkReportPath(path)).toThrow(error);
  expect(() => writeReportFile(path, "x")).toThrow(error);
});
