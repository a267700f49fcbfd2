import { expect, test } from "vitest";
import type { FlagTable } from "./flag-definition.ts";
import { expandShortFlags } from "./short-flags.ts";

const flag = { group: "x", brief: "x" };
const table: FlagTable = {
  mode: { ...flag, short: "m", value: "N" },
  verbose: { ...flag, short: "v" },
  all: { ...flag, short: "a" },
  file: { ...flag, value: "FILE" },
};
const commands = [
  { path: ["events"], flags: table, args: null },
  { path: ["run"], flags: { file: { ...flag, value: "FILE" } }, args: "command" },
];

test.each([
  ["-v", "--verbose"],
  ["-av", "--all --verbose"],
  ["-m 2", "--mode 2"],
  ["-m2", "--mode 2"],
  ["-vm 2 -a", "--verbose --mode 2 --all"],
  ["-vm2", "--verbose --mode 2"],
  ["-m -1", "--mode -1"],
  ["--file -v", "--file -v"],
  ["--file=x -v", "--file=x --verbose"],
  ["-x", "-x"],
  ["-vx", "-vx"],
  ["-", "-"],
  ["-v -- -v", "--verbose -- -v"],
])("corral events %s is read as %s", (given, read) => {
  expect(expandShortFlags(["events", ...given.split(" ")], commands)).toEqual(["events", ...read.split(" ")]);
});

test("a command without such flags keeps its words", () => {
  expect(expandShortFlags(["run", "-v", "x"], commands)).toEqual(["run", "-v", "x"]);
});
