import { expect, test } from "vitest";
import type { Controller } from "./hierarchy.ts";
import { parseHostCgroups } from "./hierarchy.ts";
import type { LimitKey, Limits } from "./limits.ts";
import { limitNames } from "./limits.ts";
import type { ControlWrite, LimitPlan, ReadBack } from "./plan.ts";
import { planLimits } from "./plan.ts";

const v2Host = parseHostCgroups({
  mountinfo: "30 24 0:26 / /cg rw - cgroup2 cgroup2 rw\n",
  selfCgroup: "0::/\n",
  procCgroups: "",
  unifiedControllers: () => "cpuset cpu io memory pids",
});

const v1Host = parseHostCgroups({
  mountinfo: ["cpu", "cpuset", "memory", "blkio", "pids"]
    .map((name, index) => `${31 + index} 24 0:${31 + index} / /cg/${name} rw - cgroup cgroup rw,${name}\n`)
    .join(""),
  selfCgroup: "5:pids:/\n4:blkio:/\n3:memory:/\n2:cpuset:/\n1:cpu:/\n",
  procCgroups: "",
  unifiedControllers: () => "",
});

const bareHost = parseHostCgroups({ mountinfo: "", selfCgroup: "", procCgroups: "", unifiedControllers: () => "" });

type Mapped = readonly [writes: readonly string[], checks: readonly string[], weaker?: string] | string;

interface Row {
  readonly limits: Limits;
  readonly requested: string;
  readonly controller: Controller;
  /** Writes as `file<-value`, checks as `file=expected (comparison)`; or why there is no mechanism. */
  readonly v2: Mapped;
  readonly v1: Mapped;
}

const same = (file: string, value: string, comparison = "text"): Mapped => [
  [`${file}<-${value}`],
  [`${file}=${value} (${comparison})`],
];
const noControl = "cgroup v1 has no such control";

/** One row per limit; the type makes a missing one an error. */
const table: Readonly<Record<LimitKey, Row>> = {
  cpuMax: {
    limits: { cpuMax: { quotaUs: 150_000, periodUs: 100_000 } },
    requested: "150% (150000 us per 100000 us)",
    controller: "cpu",
    v2: same("cpu.max", "150000 100000"),
    v1: [
      ["cpu.cfs_period_us<-100000", "cpu.cfs_quota_us<-150000"],
      ["cpu.cfs_period_us=100000 (text)", "cpu.cfs_quota_us=150000 (text)"],
    ],
  },
  cpuBurstUs: {
    limits: { cpuBurstUs: 20_000 },
    requested: "20000 us",
    controller: "cpu",
    v2: same("cpu.max.burst", "20000"),
    v1: same("cpu.cfs_burst_us", "20000"),
  },
  cpuWeight: {
    limits: { cpuWeight: 50 },
    requested: "50",
    controller: "cpu",
    v2: same("cpu.weight", "50"),
    v1: same("cpu.shares", "512"),
  },
  cpuWeightNice: {
    limits: { cpuWeightNice: -5 },
    requested: "-5",
    controller: "cpu",
    v2: same("cpu.weight.nice", "-5"),
    v1: same("cpu.shares", "3121"),
  },
  cpuIdle: {
    limits: { cpuIdle: true },
    requested: "true",
    controller: "cpu",
    v2: same("cpu.idle", "1"),
    v1: same("cpu.idle", "1"),
  },
  cpusetCpus: {
    limits: { cpusetCpus: "0-1" },
    requested: "0-1",
    controller: "cpuset",
    v2: [["cpuset.cpus<-0-1"], ["cpuset.cpus.effective=0-1 (list)"]],
    v1: same("cpuset.cpus", "0-1", "list"),
  },
  cpusetMems: {
    limits: { cpusetMems: "0" },
    requested: "0",
    controller: "cpuset",
    v2: [["cpuset.mems<-0"], ["cpuset.mems.effective=0 (list)"]],
    v1: same("cpuset.mems", "0", "list"),
  },
  cpusetPartition: {
    limits: { cpusetPartition: "isolated" },
    requested: "isolated",
    controller: "cpuset",
    v2: same("cpuset.cpus.partition", "isolated"),
    v1: noControl,
  },
  memoryMin: {
    limits: { memoryMin: 1_048_576 },
    requested: "1 MiB",
    controller: "memory",
    v2: same("memory.min", "1048576", "bytes"),
    v1: noControl,
  },
  memoryLow: {
    limits: { memoryLow: 1_048_576 },
    requested: "1 MiB",
    controller: "memory",
    v2: same("memory.low", "1048576", "bytes"),
    v1: noControl,
  },
  memoryHigh: {
    limits: { memoryHigh: 1_048_576 },
    requested: "1 MiB",
    controller: "memory",
    v2: same("memory.high", "1048576", "bytes"),
    v1: [
      ["memory.soft_limit_in_bytes<-1048576"],
      ["memory.soft_limit_in_bytes=1048576 (bytes)"],
      "cgroup v1 has no memory.high; the soft limit only makes the group an earlier target of reclaim",
    ],
  },
  memoryMax: {
    limits: { memoryMax: 67_108_864 },
    requested: "64 MiB",
    controller: "memory",
    v2: same("memory.max", "67108864", "bytes"),
    v1: same("memory.limit_in_bytes", "67108864", "bytes"),
  },
  swapMax: {
    limits: { swapMax: 0 },
    requested: "0 B",
    controller: "memory",
    v2: same("memory.swap.max", "0", "bytes"),
    v1: "cgroup v1 limits swap only together with memory; give --memory-limit too",
  },
  zswapMax: {
    limits: { zswapMax: 4096 },
    requested: "4 KiB",
    controller: "memory",
    v2: same("memory.zswap.max", "4096", "bytes"),
    v1: noControl,
  },
  oomGroup: {
    limits: { oomGroup: true },
    requested: "true",
    controller: "memory",
    v2: same("memory.oom.group", "1"),
    v1: noControl,
  },
  ioWeight: {
    limits: { ioWeight: 50 },
    requested: "50",
    controller: "io",
    v2: same("io.weight", "50", "weight"),
    v1: same("blkio.bfq.weight", "50"),
  },
  ioMax: {
    limits: {
      ioMax: [
        { device: "8:0", readBytesPerSec: 1024, writeBytesPerSec: null, readOpsPerSec: 10, writeOpsPerSec: "max" },
      ],
    },
    requested: "8:0 rbps=1024 riops=10 wiops=max",
    controller: "io",
    v2: [
      ["io.max<-8:0 rbps=1024 riops=10 wiops=max"],
      ["io.max=8:0 rbps=1024 (device)", "io.max=8:0 riops=10 (device)"],
    ],
    v1: [
      [
        "blkio.throttle.read_bps_device<-8:0 1024",
        "blkio.throttle.read_iops_device<-8:0 10",
        "blkio.throttle.write_iops_device<-8:0 0",
      ],
      ["blkio.throttle.read_bps_device=8:0 1024 (device)", "blkio.throttle.read_iops_device=8:0 10 (device)"],
    ],
  },
  ioLatency: {
    limits: { ioLatency: [{ device: "8:0", targetUs: 20_000 }] },
    requested: "8:0 target=20000us",
    controller: "io",
    v2: same("io.latency", "8:0 target=20000", "device"),
    v1: noControl,
  },
  pidsMax: {
    limits: { pidsMax: 32 },
    requested: "32",
    controller: "pids",
    v2: same("pids.max", "32"),
    v1: same("pids.max", "32"),
  },
};

const toWrite = (text: string): ControlWrite => {
  const [file = "", value = ""] = text.split("<-");
  return { file, value };
};
const toCheck = (text: string): ReadBack => {
  const [, file = "", expected = "", comparison] = /^([^=]+)=(.*) \((\w+)\)$/.exec(text) ?? [];
  return { file, expected, comparison: comparison as ReadBack["comparison"] };
};

function expectedPlan(key: LimitKey, { requested, controller }: Row, mapped: Mapped): LimitPlan {
  const name = limitNames[key];
  if (typeof mapped === "string") {
    const unenforced = { mechanism: null, effective: null, reason: mapped } as const;
    return { controllers: [], planned: [], settled: [{ name, requested, status: "not_enforceable", ...unenforced }] };
  }
  const [writes, checks, weaker] = mapped;
  const mechanism = { writes: writes.map(toWrite), checks: checks.map(toCheck), ...(weaker && { weaker }) };
  return { controllers: [controller], planned: [{ key, name, requested, controller, ...mechanism }], settled: [] };
}

const rows = Object.entries(table) as [LimitKey, Row][];

test.each(rows)("%s becomes its files on cgroup v2", (key, row) => {
  expect(planLimits(row.limits, v2Host)).toEqual(expectedPlan(key, row, row.v2));
});

test.each(rows)("%s becomes its files on cgroup v1, or the reason why not", (key, row) => {
  expect(planLimits(row.limits, v1Host)).toEqual(expectedPlan(key, row, row.v1));
});

test.each(rows)("%s is not enforceable where no hierarchy has its controller", (key, row) => {
  const reason = `no mounted cgroup hierarchy has the ${row.controller} controller`;
  expect(planLimits(row.limits, bareHost)).toEqual(expectedPlan(key, row, reason));
});

test("no limit plans nothing", () => {
  expect(planLimits({}, v2Host)).toEqual({ controllers: [], planned: [], settled: [] });
});

test("limits are written in the order the kernel needs: cpuset first, quota before burst, memory before swap", () => {
  const all = Object.assign({}, ...rows.map(([, { limits }]) => limits).toReversed()) as Limits;
  const plan = planLimits(all, v2Host);
  expect(plan.controllers).toEqual(["cpuset", "cpu", "memory", "io", "pids"]);
  expect(plan.planned.map(({ key }) => key)).toEqual([
    "cpusetCpus",
    "cpusetMems",
    "cpusetPartition",
    "cpuMax",
    "cpuBurstUs",
    "cpuWeight",
    "cpuWeightNice",
    "cpuIdle",
    "memoryMin",
    "memoryLow",
    "memoryHigh",
    "memoryMax",
    "swapMax",
    "zswapMax",
    "oomGroup",
    "ioWeight",
    "ioMax",
    "ioLatency",
    "pidsMax",
  ]);
});

const writesOf = (limits: Limits, host: typeof v1Host): ControlWrite[] =>
  planLimits(limits, host).planned.flatMap(({ writes }) => writes);

test("on v1 a swap limit is the sum of memory and swap, and max lifts it", () => {
  expect(writesOf({ memoryMax: 8192, swapMax: 4096 }, v1Host)).toEqual([
    { file: "memory.limit_in_bytes", value: "8192" },
    { file: "memory.memsw.limit_in_bytes", value: "12288" },
  ]);
  expect(planLimits({ memoryMax: 8192, swapMax: "max" }, v1Host).planned[1]).toMatchObject({
    writes: [{ file: "memory.memsw.limit_in_bytes", value: "-1" }],
    checks: [],
  });
});

test("no limit is spelled max on v2 and -1 on v1", () => {
  const limits: Limits = { cpuMax: { quotaUs: "max", periodUs: 50_000 }, memoryMax: "max", pidsMax: "max" };
  expect(writesOf(limits, v2Host).map(({ value }) => value)).toEqual(["max 50000", "max", "max"]);
  expect(writesOf(limits, v1Host).map(({ value }) => value)).toEqual(["50000", "-1", "-1", "max"]);
});

test("an io weight goes to BFQ's own file where a disk uses BFQ, and v1 has no weight above 1000", () => {
  expect(planLimits({ ioWeight: 50 }, v2Host, { bfq: true }).planned[0]?.writes).toEqual([
    { file: "io.bfq.weight", value: "50" },
  ]);
  expect(planLimits({ ioWeight: 1001 }, v1Host).settled[0]?.reason).toBe("blkio.bfq.weight ends at 1000");
});

test.each([
  [1, "10"],
  [100, "1024"],
  [200, "2048"],
  [10_000, "102400"],
])("a cpu weight of %i is cpu.shares %s on v1", (cpuWeight, shares) => {
  expect(writesOf({ cpuWeight }, v1Host)).toEqual([{ file: "cpu.shares", value: shares }]);
});

test.each([
  [-20, "88761"],
  [0, "1024"],
  [19, "15"],
])("nice %i as a weight is cpu.shares %s on v1", (cpuWeightNice, shares) => {
  expect(writesOf({ cpuWeightNice }, v1Host)).toEqual([{ file: "cpu.shares", value: shares }]);
});
