import { describe, expect, test } from "vitest";
import { judgeDisk } from "./disks.ts";
import { judgeSwap, judgeZswap, parseSwaps } from "./memory.ts";
import { judgeHostPressure, judgeTrigger } from "./pressure.ts";

const header = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";

describe("swap", () => {
  test("areas are read from /proc/swaps, sizes in KiB", () => {
    expect(parseSwaps(`${header}/dev/zram0                              partition\t1048572\t\t512\t\t100\n`)).toEqual([
      { name: "/dev/zram0", sizeBytes: 1_073_737_728, usedBytes: 524_288 },
    ]);
  });

  test("is absent when only the header is there, and unknown without the file", () => {
    expect(judgeSwap(header)).toMatchObject({ status: "no", found: "none", facts: { areas: [], size_bytes: 0 } });
    expect(judgeSwap(null)).toMatchObject({ status: "unknown", facts: { areas: [], size_bytes: null } });
  });

  test("is summed over all areas", () => {
    expect(judgeSwap(`${header}/a file 1024 0 -2\n/b partition 1024 0 -3\n`)).toMatchObject({
      status: "yes",
      found: "2.0 MiB in /a, /b",
      facts: { areas: ["/a", "/b"], size_bytes: 2_097_152 },
    });
  });

  test.each([
    ["Y", true, "yes", "on"],
    ["Y", false, "partly", "on"],
    ["N", true, "no", "off"],
    [null, true, "no", "not in this kernel"],
  ])("zswap %j with swap %j is %s", (enabled, swap, status, found) => {
    expect(judgeZswap(enabled, swap)).toMatchObject({ status, found });
  });
});

describe("a disk", () => {
  const disk = (scheduler: string, iocost: boolean) => ({ name: "sda", device: "8:0", scheduler, iocost });

  test.each([
    ["bfq", false, "yes", "--io-weight counts (BFQ)"],
    ["none", true, "yes", "--io-weight counts (iocost)"],
    ["none", false, "partly", "--io-weight has no effect, an IO priority stands in"],
  ])("with scheduler %s and iocost %j is %s", (scheduler, iocost, status, consequence) => {
    expect(judgeDisk(disk(scheduler, iocost), ["none"])).toMatchObject({ status, consequence });
  });

  test("that could use BFQ says how", () => {
    expect(judgeDisk(disk("none", false), ["none", "bfq"]).consequence).toBe(
      "--io-weight has no effect, an IO priority stands in; echo bfq > /sys/block/sda/queue/scheduler would change that",
    );
  });
});

describe("pressure", () => {
  test.each([
    [{ cpu: true, memory: true, io: true }, "yes"],
    [{ cpu: true, memory: false, io: true }, "partly"],
    [{ cpu: false, memory: false, io: false }, "no"],
  ])("%j is %s", (readable, status) => {
    expect(judgeHostPressure(readable).status).toBe(status);
  });

  test("a refused trigger means polling", () => {
    expect(judgeTrigger("EPERM")).toMatchObject({ status: "no", consequence: "pressure has to be polled" });
    expect(judgeTrigger(null)).toMatchObject({ status: "yes", consequence: "pressure is an event" });
  });
});
