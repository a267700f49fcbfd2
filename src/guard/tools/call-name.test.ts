import { expect, test } from "vitest";
import { callName, originOf } from "./call-name.ts";

test("the name of a call's group says who asked for it, when, and how long it may run; any other name says nothing", () => {
  const free = { pid: 4711, startNs: 123_456_789_012_345n, timeMs: null };
  expect(callName(free)).toBe("tool_4711_123456789012345");
  expect(callName({ ...free, timeMs: 1500.2 })).toBe("tool_4711_123456789012345_1501");
  for (const one of [free, { ...free, timeMs: 1501 }]) expect(originOf(callName(one))).toEqual(one);
  for (const name of ["tool_4711", "tool_x_1", "left-behind", "tool_1_2_x", "tool_1_2_3_4"])
    expect(originOf(name)).toBeNull();
});
