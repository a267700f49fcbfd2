import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { LimitOptions, RawSettings } from "./index.ts";
import { libraryOptions, limitSettingsFromOptions, parseSettings, settingNames } from "./index.ts";

/** Every option in every form, with the setting it is; the type makes a missing one an error. */
const table: { readonly [K in keyof LimitOptions]-?: readonly (readonly [LimitOptions[K], RawSettings])[] } = {
  cpuQuota: [
    [50, { "cpu-quota": "50" }],
    ["max", { "cpu-quota": "max" }],
    [12.5, { "cpu-quota": "12.5" }],
  ],
  cpuWeight: [[50, { "cpu-weight": "50" }]],
  cpuMax: [
    ["max", { "cpu-max": "max" }],
    [{ quotaUs: 5000 }, { "cpu-max": "5000 100000" }],
    [{ quotaUs: "max", periodUs: 2000 }, { "cpu-max": "max 2000" }],
  ],
  cpuBurst: [
    [20, { "cpu-burst": "20ms" }],
    ["20us", { "cpu-burst": "20us" }],
  ],
  cpuIdle: [
    [true, { "cpu-idle": true }],
    [false, { "cpu-idle": false }],
  ],
  cpuset: [
    ["0-3", { cpuset: "0-3" }],
    [[0, 2], { cpuset: "0,2" }],
  ],
  cpusetMems: [[[0], { "cpuset-mems": "0" }]],
  cpusetPartition: [["root", { "cpuset-partition": "root" }]],
  memoryLimit: [
    [1_048_576, { "memory-limit": "1048576B" }],
    ["512M", { "memory-limit": "512M" }],
    ["max", { "memory-limit": "max" }],
  ],
  memoryHigh: [[4096, { "memory-high": "4096B" }]],
  memoryLow: [["1G", { "memory-low": "1G" }]],
  memoryMin: [[0, { "memory-min": "0B" }]],
  swapMax: [[0, { "swap-max": "0B" }]],
  zswapMax: [["max", { "zswap-max": "max" }]],
  oomGroup: [[true, { "oom-group": true }]],
  oomScore: [[-500, { "oom-score": "-500" }]],
  ioWeight: [[50, { "io-weight": "50" }]],
  ioWeightRaw: [[500, { "io-weight-raw": "500" }]],
  ioMax: [
    [
      [
        { disk: "8:0", readBytesPerSec: "10M", writeBytesPerSec: 5, readOpsPerSec: 7, writeOpsPerSec: "max" },
        { disk: "sda", writeOpsPerSec: 1 },
      ],
      { "io-max": ["8:0 rbps=10M wbps=5B riops=7 wiops=max", "sda wiops=1"] },
    ],
  ],
  ioLatency: [[[{ disk: "8:0", target: 20 }], { "io-latency": ["8:0 20ms"] }]],
  ionice: [
    ["idle", { ionice: "idle" }],
    [{ class: "best-effort" }, { ionice: "best-effort" }],
    [{ class: "realtime", level: 0 }, { ionice: "realtime:0" }],
  ],
  pidsMax: [
    [5, { "pids-max": "5" }],
    ["max", { "pids-max": "max" }],
  ],
  nice: [[-5, { nice: "-5" }]],
  sched: [
    ["batch", { sched: "batch" }],
    [{ policy: "idle" }, { sched: "idle" }],
    [{ policy: "fifo", priority: 10 }, { sched: "fifo:10" }],
  ],
  affinity: [[[1, 3], { affinity: "1,3" }]],
  rlimit: [
    [
      { nofile: { soft: 1024, hard: 4096 }, core: 0, as: "1G", nproc: "max" },
      { rlimit: ["nofile=1024:4096", "core=0", "as=1G", "nproc=max"] },
    ],
  ],
};

const rows = Object.entries(table).flatMap(([option, forms]) =>
  (forms as readonly (readonly [unknown, RawSettings])[]).map(([value, settings]) => ({ option, value, settings })),
);

test.each(rows)("$option: $value is the setting $settings", ({ option, value, settings }) => {
  expect(limitSettingsFromOptions({ [option]: value })).toEqual(settings);
});

test("every setting has an option, but for the second name of the memory limit", () => {
  const reached = new Set(rows.flatMap(({ settings }) => Object.keys(settings)));
  expect(settingNames.filter((name) => !reached.has(name))).toEqual(["memory-max"]);
});

test("an option that is undefined was not given", () => {
  expect(limitSettingsFromOptions({ cpuQuota: undefined, nice: 1 })).toEqual({ nice: "1" });
});

/** Options as JavaScript may hand them over. */
test.each<[Record<string, unknown>, string]>([
  [{ cpuQuota: "50" }, 'limits.cpuQuota expects a number, not "50"'],
  [{ cpuIdle: 1 }, "limits.cpuIdle expects true or false, not 1"],
  [{ cpuset: [0, "1"] }, 'limits.cpuset expects a number, not "1"'],
  [{ cpuset: null }, "limits.cpuset expects a text, not null"],
  [{ cpuMax: 5000 }, "limits.cpuMax expects quotaUs and periodUs, or max, not 5000"],
  [{ cpuMax: { quota: 1 } }, 'limits.cpuMax has no field "quota"; it knows quotaUs, periodUs'],
  [{ memoryLimit: true }, "limits.memoryLimit expects a number or a text with a unit, not true"],
  [
    { memoryLimit: "512" },
    'limits.memoryLimit needs a unit, such as 512M, or a number of bytes instead of the text "512"',
  ],
  [{ ioMax: { disk: "sda" } }, "limits.ioMax expects a list, not an object"],
  [
    { ioMax: [{ disk: "/a b", readOpsPerSec: 1 }] },
    'limits.ioMax cannot take a path with spaces or commas, "/a b"; use MAJ:MIN',
  ],
  [{ ioLatency: [{ disk: "sda" }] }, "limits.ioLatency expects a number or a text with a unit, not undefined"],
  [{ rlimit: ["core=0"] }, "limits.rlimit expects limits by resource, not a list"],
  [{ rlimit: { core: { soft: 0 } } }, "limits.rlimit expects a text, not undefined"],
])("%j is refused: %s", (options, message) => {
  expect(() => limitSettingsFromOptions(options)).toThrow(expect.objectContaining({ code: "USAGE", message }));
});

test("an option that does not exist is refused with the ones that do", () => {
  for (const option of ["cpuquota", "cpu-quota", "memoryMax", "__proto__", "toString"]) {
    const options = JSON.parse(`{${JSON.stringify(option)}: 5}`) as LimitOptions;
    expect(() => limitSettingsFromOptions(options)).toThrow(
      expect.objectContaining({
        code: "USAGE",
        message: `there is no option limits.${option}`,
        fix: `the options are ${Object.keys(table).join(", ")}`,
      }),
    );
  }
});

test("a value out of range is refused by the option's own name", () => {
  expect(() => parseSettings(limitSettingsFromOptions({ oomScore: 1001 }), libraryOptions)).toThrow(
    expect.objectContaining({
      code: "USAGE",
      message: 'limits.oomScore expects a whole number from -1000 to 1000, not "1001"',
      object: "limits.oomScore",
    }),
  );
});

test("a number of bytes is that number of bytes, whatever the flag counts in", () => {
  fc.assert(
    fc.property(fc.integer({ min: 4096, max: 2 ** 50 }), (bytes) => {
      const { limits } = parseSettings(
        limitSettingsFromOptions({ memoryLimit: bytes, swapMax: bytes }),
        libraryOptions,
      );
      expect(limits).toEqual({ memoryMax: bytes, swapMax: bytes });
    }),
  );
});

test("no number makes an option throw anything but a usage error", () => {
  fc.assert(
    fc.property(fc.constantFrom(...rows.map(({ option }) => option)), fc.double(), (option, value) => {
      try {
        parseSettings(limitSettingsFromOptions({ [option]: value }), libraryOptions);
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: "USAGE" });
      }
    }),
    { numRuns: 500 },
  );
});
