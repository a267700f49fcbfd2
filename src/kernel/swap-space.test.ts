import { expect, test } from "vitest";
import { parseSwapSpace } from "./swap-space.ts";

const meminfo = "MemTotal:       24684096 kB\nSwapTotal:        262140 kB\nSwapFree:         131070 kB\n";
const header = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
const zram = "/dev/zram0 partition\t262140\t0\t100\n";
const disk = "/dev/nvme0n1 partition\t262140\t0\t-2\n";

test("swap is told in bytes, and counts as memory only when all of it is zram", () => {
  const size = { totalBytes: 262_140 * 1024, freeBytes: 131_070 * 1024 };
  expect(parseSwapSpace(meminfo, header + zram)).toEqual({ ...size, inMemory: true });
  expect(parseSwapSpace(meminfo, header + zram + disk)).toEqual({ ...size, inMemory: false });
});

test("a host without swap, or that tells nothing, has none", () => {
  const none = { totalBytes: 0, freeBytes: 0, inMemory: false };
  expect(parseSwapSpace("SwapTotal: 0 kB\nSwapFree: 0 kB\n", header)).toEqual(none);
  expect(parseSwapSpace("", "")).toEqual(none);
});
