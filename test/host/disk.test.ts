import assert from "node:assert/strict";
import { test } from "node:test";
import { diskUnder } from "../../src/cgroup/index.ts";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { controller, program, requires, root } from "../shared/requires.ts";

const bench = openBench();

/** What is written and read: a disk that may be overwritten, where one is named, else a file below the scratch directory. */
const scratchDisk = process.env["CORRAL_TEST_SCRATCH_DISK"] ?? null;
const target = scratchDisk ?? bench.fresh("scratch");
const device = diskUnder(scratchDisk ?? bench.dir);
const onDisk = (): string | null =>
  device === null ? "the scratch directory lies on no disk; CORRAL_TEST_SCRATCH_DISK may name one to overwrite" : null;

const mib = 2 ** 20;
const megabytes = 24;

/** Runs dd with direct IO below an io.max; gives bytes per second from the workload's start to its end. */
async function rateOf(limit: string, operands: readonly string[]): Promise<number> {
  const command = ["dd", "bs=1M", `count=${megabytes}`, "status=none", ...operands];
  const { status, err, report } = await bench.report(["--io-max", `${device} ${limit}`], command, { limitMs: 60_000 });
  assert.equal(status, 0, err);
  assert.equal(report.constraints[0]?.status, "applied");
  const at = (state: string): number => report.events.find((event) => event.state === state)?.at_sec ?? Number.NaN;
  return (megabytes * mib) / (at("completed") - at("running"));
}

for (const [limit, what, operands] of [
  ["wbps=8M", "writes", ["if=/dev/zero", `of=${target}`, "oflag=direct", "conv=notrunc"]],
  ["rbps=8M", "reads", [`if=${target}`, "of=/dev/null", "iflag=direct"]],
] as const) {
  test(`--io-max ${limit}: direct ${what} run at that rate, within 15 %`, async (t) => {
    if (!requires(t, root(), controller("io"), onDisk(), program("dd"))) return;
    const rate = await rateOf(limit, operands);
    assert.ok(Math.abs(rate / (8 * mib) - 1) <= 0.15, `${(rate / mib).toFixed(2)} MiB/s instead of 8`);
  });
}

test("the report counts what was read and written", async (t) => {
  if (!requires(t, root(), controller("io"), onDisk(), program("dd"))) return;
  const command = [
    "dd",
    "if=/dev/zero",
    `of=${target}`,
    "oflag=direct",
    "conv=notrunc",
    "bs=1M",
    "count=4",
    "status=none",
  ];
  const { report } = await bench.report([], command);
  assert.equal(report.usage.source, "group");
  assert.ok((report.usage.io_write_bytes ?? 0) >= 4 * mib, String(report.usage.io_write_bytes));
});

expectNoLeftovers(bench);
