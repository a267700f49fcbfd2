import { expect, test } from "vitest";
import { parseClockOffsetNs } from "./namespaces.ts";

test("a time namespace's offsets are seconds and nanoseconds, none where there is no such file", () => {
  const offsets = "monotonic          -5 250000000\nboottime        86400         0\n";
  expect(parseClockOffsetNs(offsets, "monotonic")).toBe(-4_750_000_000n);
  expect(parseClockOffsetNs(offsets, "boottime")).toBe(86_400_000_000_000n);
  expect(parseClockOffsetNs("", "boottime")).toBe(0n);
});
