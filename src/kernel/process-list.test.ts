import { expect, test } from "vitest";
import { parseArgv, parseUids } from "./process-list.ts";

test.each([
  ["", []],
  ["sleep\x0060\0", ["sleep", "60"]],
  ["\0", [""]],
  ["sh\0-c\0\0", ["sh", "-c", ""]],
  ["title that a process wrote itself", ["title that a process wrote itself"]],
  ["two\0words", ["two", "words"]],
])("the command line %j has the arguments %j", (text, argv) => {
  expect(parseArgv(text)).toEqual(argv);
});

test("the user ids are the real and the effective one of the line Uid", () => {
  const status = "Name:\tUid:\t7\t7\nUmask:\t0022\nUid:\t1000\t0\t0\t0\nGid:\t5\t5\t5\t5\n";
  expect(parseUids(status)).toEqual({ real: 1000, effective: 0 });
  expect(parseUids("Name:\tUid:\t7\t7\n")).toBeNull();
  expect(parseUids("")).toBeNull();
});
