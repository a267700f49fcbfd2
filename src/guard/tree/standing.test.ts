import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Hierarchy, HostCgroups, IoMax, Limits } from "../../cgroup/index.ts";
import { planLimits } from "../../cgroup/index.ts";
import { noteBefore, planRelease, unplanned } from "./standing.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "corral-standing-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const hierarchy: Hierarchy = {
  version: 2,
  mountPoint: "/cg",
  controllers: ["io", "memory"],
  ownDirectory: "/cg",
  readOnly: false,
};
const host: HostCgroups = {
  kind: "v2",
  hierarchies: [hierarchy],
  unified: hierarchy,
  owner: { io: hierarchy, memory: hierarchy },
};
const planned = (limits: Limits) => planLimits(limits, host).planned;
const hold = (file: string, text: string): void => writeFileSync(join(directory, file), text);

const disk = (device: string, some: Partial<IoMax>): IoMax => ({
  device,
  readBytesPerSec: null,
  writeBytesPerSec: null,
  readOpsPerSec: null,
  writeOpsPerSec: null,
  ...some,
});
const both: Limits = {
  ioMax: [disk("8:0", { readBytesPerSec: 4096, readOpsPerSec: 9 }), disk("8:16", { writeBytesPerSec: 1024 })],
  ioLatency: [{ device: "8:0", targetUs: 500 }],
};

test("what a device had before is known number by number, what it had not as no limit", () => {
  hold("io.max", "8:16 rbps=7 wbps=2048 riops=max wiops=max\n");
  hold("io.latency", "");
  expect(noteBefore({}, directory, planned(both))).toEqual({
    "io.max 8:0 rbps": "max",
    "io.max 8:0 riops": "max",
    "io.max 8:16 wbps": "2048",
    "io.latency 8:0 target": "0",
  });
});

test("limits that stay are not lifted, be they of an earlier guard", () => {
  hold("io.max", "");
  hold("io.latency", "");
  const before = noteBefore({}, directory, planned(both));
  hold("io.max", "8:0 rbps=4096 wbps=max riops=9 wiops=max\n8:16 rbps=max wbps=1024 riops=max wiops=max\n");
  const again = noteBefore(before, directory, planned(both));
  expect(again).toEqual(before);
  expect(planRelease(unplanned(again, planned(both)))).toEqual([]);
});

test("of devices and numbers that are limited no more just these are put back", () => {
  hold("io.max", "8:16 rbps=7 wbps=2048 riops=max wiops=max\n");
  hold("io.latency", "");
  const before = noteBefore({}, directory, planned(both));
  const gone = unplanned(before, planned({ ioMax: [disk("8:0", { readBytesPerSec: 1 })] }));
  expect(planRelease(gone)).toEqual([
    { file: "io.max", value: "8:0 riops=max" },
    { file: "io.max", value: "8:16 wbps=2048" },
    { file: "io.latency", value: "8:0 target=0" },
  ]);
});

test("a device that a guard was about to limit no more when it was killed is let go by the next one, however far it had come", () => {
  hold("io.max", "8:16 rbps=7 wbps=2048 riops=max wiops=max\n");
  hold("io.latency", "");
  const first = noteBefore({}, directory, planned(both));
  const after = planned({ ioMax: [disk("8:0", { readBytesPerSec: 4096, readOpsPerSec: 9 })] });
  // What is on record from then on: the new limits, and all that was there before the old ones.
  const record = noteBefore(first, directory, after);
  const letGo = [
    { file: "io.max", value: "8:16 wbps=2048" },
    { file: "io.latency", value: "8:0 target=0" },
  ];
  for (const found of [
    // Nothing was written, one of both, or all, and the record of that was not.
    "8:0 rbps=4096 wbps=max riops=9 wiops=max\n8:16 rbps=7 wbps=1024 riops=max wiops=max\n",
    "8:0 rbps=4096 wbps=max riops=9 wiops=max\n8:16 rbps=7 wbps=2048 riops=max wiops=max\n",
  ]) {
    hold("io.max", found);
    const taken = noteBefore(record, directory, after);
    expect(taken).toEqual(first);
    expect(planRelease(unplanned(taken, after))).toEqual(letGo);
  }
  // At the end of the next one the device that stayed goes, too, and the other one has no word of it twice.
  const rest = Object.fromEntries(
    Object.entries(first).filter(([name]) => !Object.hasOwn(unplanned(first, after), name)),
  );
  expect(planRelease(rest)).toEqual([
    { file: "io.max", value: "8:0 rbps=max" },
    { file: "io.max", value: "8:0 riops=max" },
  ]);
});

test("a cap is put back before what it bounds, and a file that is not there is not", () => {
  hold("memory.low", "0\n");
  hold("memory.max", "max\n");
  const before = noteBefore({}, directory, planned({ memoryLow: 4096, memoryMax: 8192, ...both }));
  expect(planRelease(before)).toEqual([
    { file: "memory.max", value: "max" },
    { file: "memory.low", value: "0" },
  ]);
});
