import { expect, test } from "vitest";
import { afterFailure, anonymousRanges, planBatches } from "./advice-plan.ts";

const entry = (header: string, anonymousKb: number, flags = "rd wr mr mw me ac"): string =>
  `${header}\nSize: 100 kB\nRss: ${anonymousKb + 4} kB\nAnonymous:  ${anonymousKb} kB\nAnonHugePages: 0 kB\nVmFlags: ${flags}\n`;

test("only private memory without a file, resident and not locked, is advised", () => {
  const smaps = [
    entry("00400000-00402000 r-xp 00000000 fe:00 123    /usr/bin/program", 8),
    entry("01000000-01010000 rw-p 00000000 00:00 0      [heap]", 40),
    entry("7f0000000000-7f0000100000 rw-p 00000000 00:00 0 ", 1024),
    entry("7f0000200000-7f0000300000 rw-p 00000000 00:00 0 ", 0),
    entry("7f0000400000-7f0000500000 rw-p 00000000 00:00 0 ", 64, "rd wr mr mw me lo ac"),
    entry("7f0000600000-7f0000700000 rw-p 00000000 00:0f 77 /anon_hugepage (deleted)", 64, "rd wr ht"),
    entry("7f0000800000-7f0000900000 rw-s 00000000 00:01 88 /dev/zero (deleted)", 64),
    entry("7f0000a00000-7f0000b00000 rw-p 00000000 00:00 0 [anon:cache]", 64),
    entry("7ffc00000000-7ffc00010000 rw-p 00000000 00:00 0 [stack]", 12),
    entry("7ffc00020000-7ffc00022000 r-xp 00000000 00:00 0 [vdso]", 4, "rd ex mr mw me de sd"),
    entry("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]", 0),
  ].join("");
  expect(anonymousRanges(smaps)).toEqual([
    { start: 0x0100_0000n, bytes: 0x1_0000, residentBytes: 40 * 1024 },
    { start: 0x7f00_0000_0000n, bytes: 0x10_0000, residentBytes: 2 ** 20 },
    { start: 0x7f00_00a0_0000n, bytes: 0x10_0000, residentBytes: 64 * 1024 },
    { start: 0x7ffc_0000_0000n, bytes: 0x1_0000, residentBytes: 12 * 1024 },
  ]);
  expect(anonymousRanges("")).toEqual([]);
});

const range = (start: number, bytes: number) => ({ start: BigInt(start), bytes, residentBytes: bytes / 2 });

test("a batch holds no more bytes and ranges than it may, and loses none", () => {
  expect(planBatches([range(0, 10), range(100, 4), range(200, 4), range(300, 2)], 8, 2)).toEqual([
    [range(0, 8)],
    [range(8, 2), range(100, 4)],
    [range(200, 4), range(300, 2)],
  ]);
  expect(planBatches([], 8, 2)).toEqual([]);
});

test("where the kernel stops, the range that stopped it is passed over", () => {
  const batch = [range(0, 10), range(100, 10), range(200, 10)];
  expect(afterFailure(batch, 0)).toEqual({ rest: batch.slice(1), skippedBytes: 10 });
  expect(afterFailure(batch, 14)).toEqual({ rest: batch.slice(2), skippedBytes: 6 });
  expect(afterFailure(batch, 20)).toEqual({ rest: [], skippedBytes: 10 });
  expect(afterFailure(batch, 30)).toEqual({ rest: [], skippedBytes: 0 });
});
