import { expect, test } from "vitest";
import { planNesting } from "./nesting.ts";

test("a session may have its own two groups and sixteen for each call, eight deep", () => {
  expect(planNesting({ mostCalls: 64 })).toEqual([
    { file: "cgroup.max.depth", value: "8" },
    { file: "cgroup.max.descendants", value: "1026" },
  ]);
});
