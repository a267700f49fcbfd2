import assert from "node:assert/strict";
import { test } from "node:test";
import { assertApplied, assertNear, fixture, outcomeOf, read, run } from "../support.ts";

/** The guest's second disk; the first one is for swap. */
const disk = "/dev/nvme1n1";
const device = read("/sys/block/nvme1n1/dev");
const seconds = 3;

interface Speed {
  readonly bytes: number;
  readonly blocks: number;
}

const directIo = (way: "read" | "write", blockBytes: number): string[] => [
  fixture("direct-io"),
  ...[way, disk, String(blockBytes), String(seconds)],
];

function speedOf(stdout: string): Speed {
  const match = /^([\d.]+) bytes\/s ([\d.]+) blocks\/s$/m.exec(stdout);
  assert.ok(match, stdout);
  return { bytes: Number(match[1]), blocks: Number(match[2]) };
}

for (const { limit, way, blockBytes, wanted, figure } of [
  { limit: "rbps=4M", way: "read", blockBytes: 65_536, wanted: 4 * 2 ** 20, figure: "bytes" },
  { limit: "wbps=2M", way: "write", blockBytes: 65_536, wanted: 2 * 2 ** 20, figure: "bytes" },
  { limit: "riops=100", way: "read", blockBytes: 4096, wanted: 100, figure: "blocks" },
  { limit: "wiops=50", way: "write", blockBytes: 4096, wanted: 50, figure: "blocks" },
] as const) {
  test(`--io-max ${limit} is what a ${way} past the page cache gets`, async (t) => {
    const { status, stdout, report } = await run(["--io-max", `${disk} ${limit}`], directIo(way, blockBytes));
    const found = speedOf(stdout)[figure];
    t.diagnostic(`${found.toFixed(0)} ${figure}/s, wanted ${wanted}`);
    assert.equal(status, 0);
    assertApplied(report, "io-max");
    assert.match(
      outcomeOf(report, "io-max").effective ?? "",
      new RegExp(`^${device} .*${limit.split("=")[0]}=${wanted}`),
    );
    assertNear(found, wanted, 0.15 * wanted, `${figure} per second`);
    const counted = way === "read" ? report.usage.io_read_bytes : report.usage.io_write_bytes;
    assertNear(
      counted ?? 0,
      speedOf(stdout).bytes * seconds,
      0.05 * speedOf(stdout).bytes * seconds,
      "bytes in io.stat",
    );
  });
}

test("--io-max takes several limits for one disk, and without any the disk is far faster", async (t) => {
  const limited = await run(["--io-max", `${device} rbps=4M wbps=2M riops=100 wiops=50`], directIo("read", 65_536));
  const free = await run([], directIo("read", 65_536));
  t.diagnostic(`${speedOf(limited.stdout).bytes} bytes/s limited, ${speedOf(free.stdout).bytes} free`);
  assertApplied(limited.report, "io-max");
  assert.equal(outcomeOf(limited.report, "io-max").effective, `${device} rbps=4194304 wbps=2097152 riops=100 wiops=50`);
  assertNear(speedOf(limited.stdout).bytes, 4 * 2 ** 20, 0.15 * 4 * 2 ** 20, "bytes per second");
  assert.ok(speedOf(free.stdout).bytes > 5 * speedOf(limited.stdout).bytes);
});

test("--io-latency reads back, or is not enforceable where the kernel has no io.latency", async (t) => {
  const { status, report, stderr } = await run(["--io-latency", `${disk} 20ms`], ["true"]);
  const { status: outcome, effective, reason } = outcomeOf(report, "io-latency");
  t.diagnostic(`${outcome}: ${effective ?? reason}`);
  assert.equal(status, 0);
  if (outcome === "applied") return assert.equal(effective, `${device} target=20000`);
  assert.deepEqual(
    [outcome, effective, reason],
    ["not_enforceable", null, "this kernel or group has no such control file (ENOENT)"],
  );
  assert.match(stderr, /^\[corral\] WARNING: io-latency .*: not enforceable/m);
});
