import {
  closeSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeSync,
} from "node:fs";
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

test("a report goes to where a symbolic link leads, there already or not, and the link stays", () => {
  const link = join(root, "link");
  symlinkSync("report.json", link);
  for (const text of ["one\n", "two\n"]) {
    checkReportPath(link);
    writeReportFile(link, text);
    expect([lstatSync(link).isSymbolicLink(), readFileSync(join(root, "report.json"), "utf8")]).toEqual([true, text]);
  }
});

test.each(["/dev/fd", "/proc/self/fd"])("a descriptor below %s is written to behind what it holds", (folder) => {
  const file = join(root, "log");
  const fd = openSync(file, "w");
  writeSync(fd, "before\n");
  const link = join(root, "link");
  symlinkSync(`${folder}/${fd}`, link);
  checkReportPath(link);
  writeReportFile(link, "report\n");
  writeReportFile(`${folder}/${fd}`, "again\n");
  closeSync(fd);
  expect([readFileSync(file, "utf8"), readdirSync(root)]).toEqual(["before\nreport\nagain\n", ["link", "log"]]);
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
