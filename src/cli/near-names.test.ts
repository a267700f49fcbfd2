import { expect, test } from "vitest";
import { nearNames, suggestion } from "../report/index.ts";
import { commands } from "./commands.ts";
import { runFlags } from "./full-run-flags.ts";

const flags = Object.keys(runFlags);
const words = commands.map(({ path }) => path[0] ?? "");

test.each<[string, readonly string[]]>([
  ["cpu-qouta", ["cpu-quota"]],
  ["cpuquota", ["cpu-quota"]],
  ["cpu_quota", ["cpu-quota"]],
  ["tiemout", ["timeout"]],
  ["memroy-limt", ["memory-limit"]],
  ["nise", ["nice"]],
  ["quota", ["cpu-quota"]],
  ["memory", ["memory-limit", "memory-max", "memory-high", "memory-low", "memory-min"]],
  ["work", ["workdir"]],
  ["xyz", []],
  ["foo", []],
  ["x", []],
  ["", []],
])("--%s of run may have meant %j", (word, near) => {
  expect(nearNames(word, flags).toSorted()).toEqual(near.toSorted());
});

test.each<[string, readonly string[]]>([
  ["stauts", ["status"]],
  ["atach", ["attach"]],
  ["p", []],
  ["foo", []],
  ["list", []],
])("the command %s may have meant %j", (word, near) => {
  expect(nearNames(word, words)).toEqual(near);
});

test("a line offers what is near, or says where all of it is", () => {
  expect(suggestion([], "see --help")).toBe("; see --help");
  expect(suggestion(["a"], "")).toBe("; did you mean a?");
  expect(suggestion(["a", "b", "c"], "")).toBe("; did you mean a, b or c?");
});
