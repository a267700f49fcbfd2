import { expect, test } from "vitest";
import { effectiveValue, satisfies } from "./compare.ts";
import type { Comparison } from "./plan.ts";

/** [comparison, text read back, expected, does it satisfy] */
test.each<[Comparison, string, string, boolean]>([
  ["text", "50000 100000\n", "50000 100000", true],
  ["text", "max 100000\n", "50000 100000", false],
  ["bytes", "67108864\n", "67108864", true],
  ["bytes", "67108864\n", "67108865", true],
  ["bytes", "67108864\n", "67112959", true],
  ["bytes", "67108864\n", "67112960", false],
  ["bytes", "67112960\n", "67108864", false],
  ["bytes", "max\n", "max", true],
  ["bytes", "max\n", "4096", false],
  ["bytes", "4096\n", "max", false],
  ["weight", "default 50\n", "50", true],
  ["weight", "default 50\n8:0 200\n", "50", true],
  ["weight", "50\n", "50", true],
  ["weight", "default 150\n", "50", false],
  ["weight", "", "50", false],
  ["list", "0-3\n", "0,1,2,3", true],
  ["list", "3,0-2\n", "0-3", true],
  ["list", "0-2\n", "0-3", false],
  ["list", "\n", "0", false],
  ["device", "8:0 rbps=1024 wbps=max riops=max wiops=max\n", "8:0 rbps=1024", true],
  ["device", "8:16 rbps=1\n8:0 rbps=1024\n", "8:0 rbps=1024", true],
  ["device", "8:16 rbps=1024\n", "8:1 rbps=1024", false],
  ["device", "8:0 rbps=10240\n", "8:0 rbps=1024", false],
  ["device", "", "8:0 rbps=1024", false],
  ["device", "8:0 1024\n", "8:0 1024", true],
])("by %s, %j against %j is %s", (comparison, text, expected, verdict) => {
  expect(satisfies(text, { file: "f", expected, comparison })).toBe(verdict);
});

test("the effective value of a device check is the device's line, of any other the whole text", () => {
  const text = "8:0 rbps=1\n8:16 rbps=2\n";
  expect(effectiveValue(text, { file: "io.max", expected: "8:16 rbps=2", comparison: "device" })).toBe("8:16 rbps=2");
  expect(effectiveValue(text, { file: "io.max", expected: "x", comparison: "text" })).toBe("8:0 rbps=1\n8:16 rbps=2");
});
