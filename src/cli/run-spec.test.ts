import * as fc from "fast-check";
import { expect, test } from "vitest";
import { CorralError } from "../report/index.ts";
import type { RunSpec } from "../run/index.ts";
import { noAttributes } from "../run/index.ts";
import { presets } from "../run/settings/index.ts";
import type { FlagDefinition } from "./flag-definition.ts";
import type { RawRunFlags, RunFlagName } from "./full-run-flags.ts";
import { runFlags } from "./full-run-flags.ts";
import { toRunSpec } from "./run-spec.ts";

const bare: RunSpec = {
  command: ["make"],
  jobId: null,
  limits: {},
  attributes: noAttributes,
  env: {},
  stdio: [0, 1, 2],
  timeoutMs: null,
  killAfterMs: 10_000,
  lifetime: "detach",
  processGroup: "own",
  strict: false,
  slaEligible: false,
  intent: null,
  tags: {},
  cgroupParent: null,
  scope: "auto",
  account: false,
};

const specOf = (flags: RawRunFlags, environment: NodeJS.ProcessEnv = {}): RunSpec =>
  toRunSpec(flags, ["make"], environment);

/** What one flag changes in the bare spec; undefined for flags that only the command looks at. */
type Change = Omit<Partial<RunSpec>, "attributes"> & { readonly attributes?: Partial<RunSpec["attributes"]> };

const limits = (part: RunSpec["limits"]): Change => ({ limits: part });
const attributes = (part: Partial<RunSpec["attributes"]>): Change => ({ attributes: part });
const quota = (quotaUs: number | "max", periodUs = 100_000): Change => limits({ cpuMax: { quotaUs, periodUs } });
const kib = 2 ** 10;
const mib = 2 ** 20;

interface Row {
  /** Accepted values, the ends of the range among them, with what each does. */
  readonly good: readonly (readonly [value: string | true | readonly string[], change: Change, beside?: RawRunFlags])[];
  /** Refused values with the whole message. */
  readonly bad?: readonly (readonly [value: string | readonly string[], message: string, beside?: RawRunFlags])[];
}

const size = (key: string): Row => ({
  good: [
    ["0", limits({ [key]: 0 })],
    ["1K", limits({ [key]: kib })],
    ["1.5M", limits({ [key]: 1.5 * mib })],
    ["max", limits({ [key]: "max" })],
  ],
  bad: [["64", 'needs a unit, such as 64M; "64" could mean bytes or MiB']],
});

/** Every flag of `corral run`; the type makes a missing one an error. */
const table: Readonly<Record<RunFlagName, Row>> = {
  "cpu-quota": {
    good: [
      ["1", quota(1000)],
      ["50", quota(50_000)],
      ["12.5", quota(12_500)],
      ["1000000", quota(1_000_000_000)],
      ["max", quota("max")],
    ],
    bad: [
      ["0", 'expects a number from 1 to 1000000, not "0"'],
      ["50%", 'expects a number from 1 to 1000000, not "50%"'],
      ["1000001", 'expects a number from 1 to 1000000, not "1000001"'],
    ],
  },
  "cpu-weight": {
    good: [
      ["1", limits({ cpuWeight: 1 })],
      ["10000", limits({ cpuWeight: 10_000 })],
    ],
    bad: [
      ["0", 'expects a whole number from 1 to 10000, not "0"'],
      ["10001", 'expects a whole number from 1 to 10000, not "10001"'],
      ["1.5", 'expects a whole number from 1 to 10000, not "1.5"'],
    ],
  },
  "cpu-max": {
    good: [
      ["1000 1000", quota(1000, 1000)],
      ["50000", quota(50_000)],
      ["max", quota("max")],
      ["max 1000000", quota("max", 1_000_000)],
    ],
    bad: [
      ["999 1000", `expects a whole number from 1000 to ${Number.MAX_SAFE_INTEGER}, not "999"`],
      ["1000 999", 'expects a whole number from 1000 to 1000000, not "999"'],
      ["1000 1000001", 'expects a whole number from 1000 to 1000000, not "1000001"'],
      ["1000 1000 1", 'expects "QUOTA PERIOD" in microseconds, or max, not "1000 1000 1"'],
    ],
  },
  "cpu-burst": {
    good: [
      ["20ms", limits({ cpuMax: { quotaUs: 50_000, periodUs: 100_000 }, cpuBurstUs: 20_000 }), { "cpu-quota": "50" }],
    ],
    bad: [["0", 'expects a duration above zero, not "0"', { "cpu-quota": "50" }]],
  },
  "cpu-idle": { good: [[true, limits({ cpuIdle: true })]] },
  cpuset: {
    good: [["0-3,6", limits({ cpusetCpus: "0-3,6" })]],
    bad: [
      ["", 'expects a list such as 0-3,6, not ""'],
      ["3-1", 'expects a list such as 0-3,6, not "3-1"'],
    ],
  },
  "cpuset-mems": { good: [["0", limits({ cpusetMems: "0" })]], bad: [["a", 'expects a list such as 0-3,6, not "a"']] },
  "cpuset-partition": {
    good: [
      ["member", limits({ cpusetPartition: "member" })],
      ["root", limits({ cpusetPartition: "root", cpusetCpus: "0" }), { cpuset: "0" }],
      ["isolated", limits({ cpusetPartition: "isolated", cpusetCpus: "0" }), { cpuset: "0" }],
    ],
    bad: [["x", 'expects one of member, root, isolated, not "x"']],
  },
  "memory-limit": {
    good: [
      ["512", limits({ memoryMax: 512 * mib })],
      ["4K", limits({ memoryMax: 4 * kib })],
      ["max", limits({ memoryMax: "max" })],
    ],
    bad: [
      ["4095B", 'is less than one page of memory: "4095B"'],
      ["-1", 'expects a size such as 64M or 1.5G, not "-1"'],
    ],
  },
  "memory-max": {
    good: [
      ["4096", limits({ memoryMax: 4096 })],
      ["1M", limits({ memoryMax: mib })],
    ],
    bad: [["4095", 'is less than one page of memory: "4095"']],
  },
  "memory-high": size("memoryHigh"),
  "memory-low": size("memoryLow"),
  "memory-min": size("memoryMin"),
  "swap-max": size("swapMax"),
  "zswap-max": size("zswapMax"),
  "oom-group": { good: [[true, limits({ oomGroup: true })]] },
  "oom-score": {
    good: [
      ["-1000", attributes({ oomScore: -1000 })],
      ["0", attributes({ oomScore: 0 })],
      ["1000", attributes({ oomScore: 1000 })],
    ],
    bad: [["1001", 'expects a whole number from -1000 to 1000, not "1001"']],
  },
  "io-weight": {
    good: [
      ["1", limits({ ioWeight: 1 })],
      ["100", limits({ ioWeight: 100 })],
    ],
    bad: [["101", 'expects a whole number from 1 to 100, not "101"']],
  },
  "io-weight-raw": {
    good: [["10000", limits({ ioWeight: 10_000 })]],
    bad: [["10001", 'expects a whole number from 1 to 10000, not "10001"']],
  },
  "io-max": {
    good: [
      [
        ["8:0 rbps=10M,wiops=50", "8:16 riops=max wbps=1"],
        limits({
          ioMax: [
            {
              device: "8:0",
              readBytesPerSec: 10 * mib,
              writeBytesPerSec: null,
              readOpsPerSec: null,
              writeOpsPerSec: 50,
            },
            { device: "8:16", readBytesPerSec: null, writeBytesPerSec: 1, readOpsPerSec: "max", writeOpsPerSec: null },
          ],
        }),
      ],
    ],
    bad: [
      [["8:0"], 'needs at least one of rbps= wbps= riops= wiops= after the disk: "8:0"'],
      [["8:0 bps=1"], 'knows rbps, wbps, riops and wiops, not "bps=1"'],
      [["8:0 rbps=0"], 'cannot be zero: "rbps=0"'],
      [["8:0 riops=1.5"], 'expects a whole number from 1 to 4294967295, not "1.5"'],
      [
        ["/no/such rbps=1"],
        'names no disk: "/no/such"; use MAJ:MIN, a name such as sda, a path on the disk, or tmpdir, the disk of temporary files',
      ],
      [
        [""],
        'names no disk: ""; use MAJ:MIN, a name such as sda, a path on the disk, or tmpdir, the disk of temporary files',
      ],
    ],
  },
  "io-latency": {
    good: [
      [["8:0 20ms"], limits({ ioLatency: [{ device: "8:0", targetUs: 20_000 }] })],
      [["8:0 target=1s"], limits({ ioLatency: [{ device: "8:0", targetUs: 1_000_000 }] })],
    ],
    bad: [[["8:0"], 'expects a disk and a duration, such as "sda 20ms", not "8:0"']],
  },
  ionice: {
    good: [
      ["realtime:0", attributes({ ioPriority: { class: "realtime", level: 0 } })],
      ["best-effort:7", attributes({ ioPriority: { class: "best-effort", level: 7 } })],
      ["be", attributes({ ioPriority: { class: "best-effort", level: 4 } })],
      ["2:3", attributes({ ioPriority: { class: "best-effort", level: 3 } })],
      ["idle", attributes({ ioPriority: { class: "idle", level: 0 } })],
    ],
    bad: [
      ["best-effort:8", 'expects a whole number from 0 to 7, not "8"'],
      ["idle:1", 'expects a class, and a level only for realtime and best-effort, not "idle:1"'],
      ["best", 'expects one of none, realtime, best-effort, idle, not "best"'],
    ],
  },
  "pids-max": {
    good: [
      ["1", limits({ pidsMax: 1 })],
      ["4194304", limits({ pidsMax: 4_194_304 })],
      ["max", limits({ pidsMax: "max" })],
    ],
    bad: [["0", 'expects a whole number from 1 to 4194304, not "0"']],
  },
  nice: {
    good: [
      ["-20", attributes({ nice: -20 })],
      ["0", attributes({ nice: 0 })],
      ["19", attributes({ nice: 19 })],
    ],
    bad: [["20", 'expects a whole number from -20 to 19, not "20"']],
  },
  sched: {
    good: [
      ["other", attributes({ sched: { policy: "other", priority: 0 } })],
      ["batch", attributes({ sched: { policy: "batch", priority: 0 } })],
      ["idle", attributes({ sched: { policy: "idle", priority: 0 } })],
      ["fifo:1", attributes({ sched: { policy: "fifo", priority: 1 } })],
      ["rr:99", attributes({ sched: { policy: "rr", priority: 99 } })],
    ],
    bad: [
      ["fifo", 'needs a priority for fifo and rr (fifo:10) and takes none otherwise: "fifo"'],
      ["batch:1", 'needs a priority for fifo and rr (fifo:10) and takes none otherwise: "batch:1"'],
      ["rr:0", 'expects a whole number from 1 to 99, not "0"'],
    ],
  },
  affinity: {
    good: [["0,2", attributes({ affinity: "0,2" })]],
    bad: [
      ["all", 'expects a list such as 0-3,6, not "all"'],
      ["0-8192", 'expects numbers up to 8191, not "0-8192"'],
    ],
  },
  rlimit: {
    good: [
      [
        ["nofile=1024:4096", "core=0", "as=1G:max", "nproc=unlimited"],
        attributes({
          rlimits: [
            { resource: "nofile", soft: 1024, hard: 4096 },
            { resource: "core", soft: 0, hard: 0 },
            { resource: "as", soft: 2 ** 30, hard: "max" },
            { resource: "nproc", soft: "max", hard: "max" },
          ],
        }),
      ],
    ],
    bad: [
      [["nofile"], 'expects NAME=SOFT or NAME=SOFT:HARD, such as nofile=1024:4096, not "nofile"'],
      [["nofile=2:1"], 'has a soft limit above its hard limit: "nofile=2:1"'],
      [["nofile=1K"], `expects a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, not "1K"`],
    ],
  },
  env: {
    good: [[["A=1", "B=x=y", "C="], { env: { A: "1", B: "x=y", C: "" } }]],
    bad: [[["=1"], 'expects NAME=VALUE, not "=1"']],
  },
  workdir: { good: [["/tmp", attributes({ workdir: "/tmp" })]] },
  user: { good: [], bad: [["no such user!", 'names no user: "no such user!"']] },
  group: { good: [["0", attributes({ gid: 0 })]], bad: [["no such group!", 'names no group: "no such group!"']] },
  timeout: {
    good: [
      ["5m", { timeoutMs: 300_000, account: true }],
      ["0.5", { timeoutMs: 500, account: true }],
    ],
    bad: [
      ["0", 'expects a duration above zero, not "0"'],
      ["soon", 'expects a duration such as 500ms, 10s or 5m, not "soon"'],
    ],
  },
  "kill-after": { good: [["1s", { killAfterMs: 1000 }]], bad: [["0", 'expects a duration above zero, not "0"']] },
  lifetime: {
    good: [
      ["detach", {}],
      ["tied", { lifetime: "tied", account: true }],
    ],
    bad: [["free", 'expects one of detach, tied, not "free"']],
  },
  json: { good: [[true, { stdio: [0, 2, 2], account: true }]] },
  report: { good: [["r.json", { account: true }]] },
  quiet: { good: [[true, {}]] },
  "no-daemon": { good: [[true, {}]] },
  "dry-run": { good: [[true, {}]] },
  capture: { good: [[true, {}]] },
  background: { good: [[true, {}]] },
  preset: {
    good: [["default", {}]],
    bad: [["fast", 'expects one of default, low, high, memory, balanced, not "fast"']],
  },
  strict: { good: [[true, { strict: true }]] },
  "job-id": { good: [["nightly:1", { jobId: "nightly:1" }]], bad: [["a/b", '"a/b" is not a valid job id']] },
  tag: {
    good: [[["team=a", "empty="], { tags: { team: "a", empty: "" } }]],
    bad: [[["team"], 'expects KEY=VALUE, not "team"']],
  },
  intent: {
    good: [
      ["production", { intent: "production" }],
      ["test", { intent: "test" }],
      ["experiment", { intent: "experiment" }],
      ["soak", { intent: "soak" }],
    ],
    bad: [["prod", 'expects one of production, test, experiment, soak, not "prod"']],
  },
  "sla-eligible": { good: [[true, { slaEligible: true }]] },
  "cgroup-parent": { good: [["/jobs", { cgroupParent: "/jobs", account: true }]] },
  scope: {
    good: [
      ["auto", {}],
      ["cgroupfs", { scope: "cgroupfs" }],
      ["systemd", { scope: "systemd", account: true }],
    ],
    bad: [["docker", 'expects one of auto, cgroupfs, systemd, not "docker"']],
  },
};

const rows = Object.entries(table) as [RunFlagName, Row][];
const good = rows.flatMap(([flag, row]) =>
  row.good.map(([value, change, beside]) => ({ flag, value, change, beside })),
);
const bad = rows.flatMap(([flag, row]) =>
  (row.bad ?? []).map(([value, message, beside]) => ({ flag, value, message, beside })),
);

test("no flags mean no limits and no changes", () => {
  expect(specOf({})).toEqual(bare);
});

test.each(good)("--$flag $value means exactly $change", ({ flag, value, change, beside }) => {
  const expected = { ...bare, ...change, attributes: { ...noAttributes, ...change.attributes } };
  expect(specOf({ ...beside, [flag]: value })).toEqual(expected);
});

test.each(bad)("--$flag $value is refused: $message", ({ flag, value, message, beside }) => {
  expect(() => specOf({ ...beside, [flag]: value })).toThrow(
    expect.objectContaining({ code: "USAGE", message: `--${flag} ${message}`, object: `--${flag}` }),
  );
});

test("a flag with a closed set of values takes these, in the words of its help, and no others", () => {
  const flags: readonly (readonly [string, FlagDefinition])[] = Object.entries(runFlags);
  const found = flags.flatMap(([flag, { choices }]) => {
    if (choices === undefined) return [];
    const beside = flag === "cpuset-partition" ? { cpuset: "0" } : {};
    for (const choice of choices) specOf({ ...beside, [flag]: choice });
    expect(() => specOf({ [flag]: "?" })).toThrow(`--${flag} expects one of ${choices.join(", ")}, not "?"`);
    return [flag];
  });
  expect(found).toEqual(["cpuset-partition", "lifetime", "preset", "intent", "scope"]);
});

test("a user by number brings his own group and his supplementary groups", () => {
  const { uid, gid, groups } = specOf({ user: "0" }).attributes;
  expect([uid, gid, groups?.[0]]).toEqual([0, 0, 0]);
});

test("without a command nothing can be run", () => {
  const fix = "write it after --, as in: corral run -- make -j4";
  for (const command of [[], [""]]) {
    expect(() => toRunSpec({}, command, {})).toThrow(
      expect.objectContaining({ code: "USAGE", message: "no command was given", fix }),
    );
  }
});

test.each<[RawRunFlags, string]>([
  [{ "cpu-quota": "1", "cpu-max": "max" }, "--cpu-quota and --cpu-max set the same thing"],
  [{ "memory-limit": "64", "memory-max": "4096" }, "--memory-limit and --memory-max set the same thing"],
  [{ "io-weight": "1", "io-weight-raw": "1" }, "--io-weight and --io-weight-raw set the same thing"],
  [{ "cpu-idle": true, "cpu-weight": "1" }, "--cpu-idle and --cpu-weight set the same thing"],
  [{ "cpu-burst": "1ms" }, "--cpu-burst needs a quota"],
  [{ "cpu-burst": "1ms", "cpu-max": "max" }, "--cpu-burst needs a quota"],
  [{ "cpu-burst": "51ms", "cpu-quota": "50" }, "--cpu-burst is larger than the quota"],
  [{ "cpuset-partition": "root" }, "--cpuset-partition needs CPUs of its own"],
  [{ "memory-high": "65M", "memory-limit": "64" }, "--memory-high is above the memory limit"],
  [{ "memory-low": "65M", "memory-limit": "64" }, "--memory-low is above the memory limit"],
  [{ "memory-min": "65M", "memory-max": "64M" }, "--memory-min is above the memory limit"],
])("%j is refused: %s", (flags, message) => {
  expect(() => specOf(flags)).toThrow(expect.objectContaining({ code: "USAGE", message }));
});

test("each preset means the flags it stands for", () => {
  for (const name of Object.keys(presets) as (keyof typeof presets)[]) {
    expect(specOf({ preset: name })).toEqual(specOf(presets[name]));
  }
});

/** [flags beside the preset, the same without it] */
test.each<[RawRunFlags, RawRunFlags]>([
  [
    { preset: "low", nice: "0" },
    { "cpu-weight": "50", nice: "0" },
  ],
  [
    { preset: "balanced", "cpu-quota": "10" },
    { "cpu-quota": "10", "memory-limit": "4096" },
  ],
  [
    { preset: "balanced", "cpu-max": "max" },
    { "cpu-max": "max", "memory-limit": "4096" },
  ],
  [
    { preset: "memory", "memory-max": "8192" },
    { "memory-max": "8192", "oom-score": "500" },
  ],
  [
    { preset: "low", "cpu-idle": true },
    { "cpu-idle": true, nice: "10" },
  ],
])("%j is %j: a flag overrides its preset", (flags, resolved) => {
  expect(specOf(flags)).toEqual(specOf(resolved));
});

test("the workload's environment is Corral's own, with the changes of --env in order", () => {
  const environment = { PATH: "/bin", HOME: "/root" };
  expect(specOf({ env: ["HOME", "A=1", "A=2"] }, environment).env).toEqual({ PATH: "/bin", A: "2" });
});

test("CORRAL_CGROUP_PARENT names the parent, and the flag overrides it", () => {
  const environment = { CORRAL_CGROUP_PARENT: "/jobs" };
  expect(specOf({}, environment).cgroupParent).toBe("/jobs");
  expect(specOf({ "cgroup-parent": "/other" }, environment).cgroupParent).toBe("/other");
  expect(specOf({}, { CORRAL_CGROUP_PARENT: "" }).cgroupParent).toBeNull();
});

test("a group is made for accounting where a report, a time limit or an ending will need it", () => {
  const flags: readonly RawRunFlags[] = [{}, { quiet: true }, { json: true }, { report: "r" }, { timeout: "1" }];
  expect(flags.map((one) => specOf(one).account)).toEqual([false, false, true, true, true]);
});

test("no flag value makes the parser throw anything but a usage error of one line", () => {
  const names = rows.map(([flag]) => flag).filter((flag) => flag !== "user" && flag !== "group");
  const piece = fc.constantFrom(
    "1",
    "0",
    "-",
    ":",
    "=",
    ".",
    "max",
    "M",
    "8:0",
    " ",
    ",",
    "rbps",
    "nofile",
    "fifo",
    "\n",
  );
  const value = fc.oneof(
    fc.string(),
    fc.array(piece).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(fc.constantFrom(...names), value, (flag, text) => {
      const definition: FlagDefinition = runFlags[flag];
      const given = definition.value === undefined ? true : definition.repeat === true ? [text] : text;
      try {
        specOf({ [flag]: given });
      } catch (thrown) {
        if (!(thrown instanceof CorralError)) throw thrown;
        expect([thrown.code, thrown.toLine().includes("\n")]).toEqual(["USAGE", false]);
      }
    }),
    { numRuns: 500 },
  );
});
