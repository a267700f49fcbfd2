import { expect, test } from "vitest";
import { outputsIn } from "./work-outputs.ts";

test("what a workload wrote is there as files, and nothing where it wrote nothing", () => {
  expect(outputsIn(JSON.stringify({ stdout_tail: "a\nb\n", stderr_tail: "" }))).toEqual([["stdout.txt", "a\nb\n"]]);
  expect(outputsIn(JSON.stringify({ stdout_tail: 1, stderr_tail: "oh" }))).toEqual([["stderr.txt", "oh"]]);
});

test.each(["", "null", "[]", "{", '"text"'])("a document that an agent has made up has none: %s", (document) => {
  expect(outputsIn(document)).toEqual([]);
});
