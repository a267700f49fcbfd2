import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import type { Controller } from "../../src/cgroup/index.ts";
import type { ConstraintOutcome } from "../../src/report/index.ts";
import { openBench } from "../shared/bench.ts";
import { someDisk } from "../shared/disk.ts";
import { host } from "../shared/group-parent.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { controller, requires, root } from "../shared/requires.ts";

const bench = openBench();

/** What one hierarchy version holds of a limit: the file and its text, or the reason why nothing does. */
type Held =
  | { readonly file: string; readonly text: string; readonly mechanism?: string; readonly effective?: string }
  | { readonly impossible: string };

interface Row {
  readonly flags: readonly string[];
  /** Name and requested value as the outcome spells them. */
  readonly outcome: readonly [name: string, requested: string];
  readonly controller: Controller;
  readonly v1: Held & { readonly weaker?: string };
  readonly v2: Held;
  /** Given in a run of its own: it excludes another limit, or says something else beside one. */
  readonly alone?: boolean;
}

const noneOnV1 = { impossible: "cgroup v1 has no such control" } as const;
const mib = 2 ** 20;
const disk = someDisk ?? "0:0";

const rows: readonly Row[] = [
  {
    flags: ["--cpu-quota", "20"],
    outcome: ["cpu-quota", "20% (20000 us per 100000 us)"],
    controller: "cpu",
    v1: {
      file: "cpu.cfs_quota_us",
      text: "20000",
      mechanism: "cpu.cfs_period_us, cpu.cfs_quota_us",
      effective: "100000 20000",
    },
    v2: { file: "cpu.max", text: "20000 100000" },
  },
  {
    flags: ["--cpu-max", "30000 50000"],
    outcome: ["cpu-quota", "60% (30000 us per 50000 us)"],
    controller: "cpu",
    v1: {
      file: "cpu.cfs_period_us",
      text: "50000",
      mechanism: "cpu.cfs_period_us, cpu.cfs_quota_us",
      effective: "50000 30000",
    },
    v2: { file: "cpu.max", text: "30000 50000" },
  },
  {
    flags: ["--cpu-quota", "20", "--cpu-burst", "5ms"],
    outcome: ["cpu-burst", "5000 us"],
    controller: "cpu",
    v1: { file: "cpu.cfs_burst_us", text: "5000" },
    v2: { file: "cpu.max.burst", text: "5000" },
  },
  {
    flags: ["--cpu-weight", "50"],
    outcome: ["cpu-weight", "50"],
    controller: "cpu",
    v1: { file: "cpu.shares", text: "512" },
    v2: { file: "cpu.weight", text: "50" },
  },
  {
    flags: ["--cpu-idle"],
    alone: true,
    outcome: ["cpu-idle", "true"],
    controller: "cpu",
    v1: { file: "cpu.idle", text: "1" },
    v2: { file: "cpu.idle", text: "1" },
  },
  {
    flags: ["--cpuset", "0"],
    outcome: ["cpuset", "0"],
    controller: "cpuset",
    v1: { file: "cpuset.cpus", text: "0" },
    v2: { file: "cpuset.cpus.effective", text: "0", mechanism: "cpuset.cpus" },
  },
  {
    flags: ["--cpuset-mems", "0"],
    outcome: ["cpuset-mems", "0"],
    controller: "cpuset",
    v1: { file: "cpuset.mems", text: "0" },
    v2: { file: "cpuset.mems.effective", text: "0", mechanism: "cpuset.mems" },
  },
  {
    flags: ["--cpuset-partition", "member"],
    outcome: ["cpuset-partition", "member"],
    controller: "cpuset",
    v1: noneOnV1,
    v2: { file: "cpuset.cpus.partition", text: "member" },
  },
  {
    flags: ["--memory-limit", "64"],
    outcome: ["memory-limit", "64 MiB"],
    controller: "memory",
    v1: { file: "memory.limit_in_bytes", text: String(64 * mib) },
    v2: { file: "memory.max", text: String(64 * mib) },
  },
  {
    flags: ["--memory-max", "50000000"],
    outcome: ["memory-limit", "50000000 B"],
    controller: "memory",
    v1: { file: "memory.limit_in_bytes", text: "49999872" },
    v2: { file: "memory.max", text: "49999872" },
  },
  {
    flags: ["--memory-high", "32M"],
    outcome: ["memory-high", "32 MiB"],
    controller: "memory",
    v1: {
      file: "memory.soft_limit_in_bytes",
      text: String(32 * mib),
      weaker: "cgroup v1 has no memory.high; the soft limit only makes the group an earlier target of reclaim",
    },
    v2: { file: "memory.high", text: String(32 * mib) },
  },
  {
    flags: ["--memory-low", "16M"],
    outcome: ["memory-low", "16 MiB"],
    controller: "memory",
    v1: noneOnV1,
    v2: { file: "memory.low", text: String(16 * mib) },
  },
  {
    flags: ["--memory-min", "8M"],
    outcome: ["memory-min", "8 MiB"],
    controller: "memory",
    v1: noneOnV1,
    v2: { file: "memory.min", text: String(8 * mib) },
  },
  {
    flags: ["--memory-limit", "64", "--swap-max", "0"],
    outcome: ["swap-max", "0 B"],
    controller: "memory",
    v1: { file: "memory.memsw.limit_in_bytes", text: String(64 * mib) },
    v2: { file: "memory.swap.max", text: "0" },
  },
  {
    flags: ["--swap-max", "1M"],
    alone: true,
    outcome: ["swap-max", "1 MiB"],
    controller: "memory",
    v1: { impossible: "cgroup v1 limits swap only together with memory; give --memory-limit too" },
    v2: { file: "memory.swap.max", text: String(mib) },
  },
  {
    flags: ["--zswap-max", "1M"],
    outcome: ["zswap-max", "1 MiB"],
    controller: "memory",
    v1: noneOnV1,
    v2: { file: "memory.zswap.max", text: String(mib) },
  },
  {
    flags: ["--oom-group"],
    outcome: ["oom-group", "true"],
    controller: "memory",
    v1: noneOnV1,
    v2: { file: "memory.oom.group", text: "1" },
  },
  {
    flags: ["--io-max", `${disk} rbps=10M`],
    outcome: ["io-max", `${disk} rbps=10485760`],
    controller: "io",
    v1: { file: "blkio.throttle.read_bps_device", text: `${disk} 10485760` },
    v2: { file: "io.max", text: `${disk} rbps=10485760 wbps=max riops=max wiops=max` },
  },
  {
    flags: ["--io-max", `${disk} wbps=5M wiops=50`],
    outcome: ["io-max", `${disk} wbps=5242880 wiops=50`],
    controller: "io",
    v1: {
      file: "blkio.throttle.write_iops_device",
      text: `${disk} 50`,
      mechanism: "blkio.throttle.write_bps_device, blkio.throttle.write_iops_device",
      effective: `${disk} 5242880 ${disk} 50`,
    },
    v2: { file: "io.max", text: `${disk} rbps=max wbps=5242880 riops=max wiops=50` },
  },
  {
    flags: ["--io-latency", `${disk} 20ms`],
    outcome: ["io-latency", `${disk} target=20000us`],
    controller: "io",
    v1: noneOnV1,
    v2: { file: "io.latency", text: `${disk} target=20000` },
  },
  {
    flags: ["--pids-max", "33"],
    outcome: ["pids-max", "33"],
    controller: "pids",
    v1: { file: "pids.max", text: "33" },
    v2: { file: "pids.max", text: "33" },
  },
];

const heldBy = (row: Row): Row["v1"] => (host.owner[row.controller]?.version === 2 ? row.v2 : row.v1);
const fileOf = (row: Row, jobId: string): string | null => {
  const held = heldBy(row);
  return "file" in held ? bench.parent.fileOf(row.controller, jobId, { v1: held.file, v2: held.file }) : null;
};

const canRun = (row: Row): boolean =>
  host.owner[row.controller] !== undefined && !(needsDisk(row) && someDisk === null);
const needsDisk = (row: Row): boolean => row.flags.some((flag) => flag.startsWith("--io"));

/** Deals the rows out to as few runs as can have them: each limit once, and what changes what another one does alone. */
function dealOut(all: readonly Row[]): readonly (readonly Row[])[] {
  const runs: Row[][] = [];
  for (const row of all) {
    const fits = ([first, ...rest]: readonly Row[]): boolean =>
      first?.alone !== true && [first, ...rest].every((other) => other?.outcome[0] !== row.outcome[0]);
    const place = row.alone === true ? undefined : runs.find(fits);
    if (place === undefined) runs.push([row]);
    else place.push(row);
  }
  return runs;
}

const runs = dealOut(rows.filter(canRun)).map((together) => ({ together, begun: null as Promise<Found> | null }));

interface Found {
  readonly status: number | null;
  readonly constraints: readonly ConstraintOutcome[];
  /** What the running workload found in the control file of each row. */
  readonly texts: ReadonlyMap<Row, string>;
}

let begun = 0;

async function runTogether(together: readonly Row[]): Promise<Found> {
  begun += 1;
  const jobId = `rows-${begun}`;
  // Pairs of flag and value; one that two rows have is given once.
  const flags = new Map(together.flatMap(({ flags: words }) => pairsOf(words)));
  const files = together.map((row) => fileOf(row, jobId) ?? "/dev/null");
  const script = 'for file; do cat "$file" 2>&1; echo ---; done';
  const { status, out, report } = await bench.report(
    ["--job-id", jobId, ...[...flags].flatMap(([flag, value]) => (value === undefined ? [flag] : [flag, value]))],
    ["sh", "-c", script, "sh", ...files],
  );
  const parts = out.split("---\n");
  return { status, constraints: report.constraints, texts: new Map(together.map((row, at) => [row, parts[at] ?? ""])) };
}

const pairsOf = (words: readonly string[]): (readonly [string, string | undefined])[] =>
  words.flatMap((word, at) => {
    const next = words[at + 1];
    return word.startsWith("--") ? [[word, next?.startsWith("--") === true ? undefined : next] as const] : [];
  });

/** Status and outcome of a row, and the text of its control file as the running workload finds it. */
async function runWith(row: Row) {
  const one = runs.find(({ together }) => together.includes(row));
  assert.ok(one);
  one.begun ??= runTogether(one.together);
  const { status, constraints, texts } = await one.begun;
  const [name] = row.outcome;
  return { status, out: texts.get(row), constraint: constraints.find((other) => other.name === name) };
}

for (const row of rows) {
  test(`${row.flags.join(" ")}: the workload finds the value in its group, and the outcome tells it`, async (t) => {
    const isDiskMissing = needsDisk(row) && someDisk === null;
    if (!requires(t, root(), controller(row.controller), isDiskMissing ? "this host has no disk" : null)) return;
    const held = heldBy(row);
    const [name, requested] = row.outcome;
    const { status, out, constraint } = await runWith(row);
    const base = { name, requested };
    if ("impossible" in held) {
      const nothing = { status: "not_enforceable", mechanism: null, effective: null, reason: held.impossible };
      assert.deepEqual([status, constraint], [0, { ...base, ...nothing }]);
      return;
    }
    const file = held.file;
    const parentFile = fileOf(row, "row")?.replace("/corral-row/", "/");
    if (parentFile === undefined || !existsSync(parentFile)) {
      const reason = "this kernel or group has no such control file (ENOENT)";
      const mechanism = held.mechanism ?? file;
      assert.deepEqual(constraint, { ...base, status: "not_enforceable", mechanism, effective: null, reason });
      return;
    }
    assert.deepEqual(constraint, {
      ...base,
      status: held.weaker === undefined ? "applied" : "degraded",
      mechanism: held.mechanism ?? file,
      effective: held.effective ?? held.text,
      reason: held.weaker ?? null,
    });
    assert.deepEqual([status, out], [0, `${held.text}\n`]);
  });
}

expectNoLeftovers(bench);
