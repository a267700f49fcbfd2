import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { until } from "../../shared/timing.ts";
import {
  assertApplied,
  below,
  fixture,
  groupOf,
  outcomeOf,
  read,
  run,
  startJob,
  stat,
  withParent,
  write,
} from "../support.ts";

const mib = 2 ** 20;
const swapDisk = "/dev/nvme0n1";
const zswapSwitch = "/sys/module/zswap/parameters/enabled";
const touch = (amount: number, seconds = 0): string[] => [fixture("touch-memory"), String(amount), String(seconds)];

const shell = (script: string): void => void execFileSync("sh", ["-c", script], { stdio: "ignore" });

before(() => shell(`mkswap ${swapDisk} && swapon ${swapDisk}`));
after(() => shell(`swapoff ${swapDisk}`));

test("--memory-high with swap keeps a workload near it and lets it finish", async (t) => {
  const { status, report } = await run(["--memory-high", "32M"], touch(96));
  const { memory_peak_bytes: peak, swap_peak_bytes: swapped, memory_high_hits: hits } = report.usage;
  t.diagnostic(`peak ${mibs(peak)}, swapped ${mibs(swapped)}, high hit ${hits} times, ${report.duration_sec} s`);
  assertApplied(report, "memory-high");
  assert.equal(status, 0);
  assert.ok((hits ?? 0) > 10);
  assert.ok((peak ?? 0) < 40 * mib, `peak ${peak}`);
  assert.ok((swapped ?? 0) > 50 * mib, `swapped ${swapped}`);
});

test("--swap-max 0 forbids swap: the limit then ends the workload", async () => {
  const { status, report } = await run(["--memory-limit", "32", "--swap-max", "0"], touch(64));
  assertApplied(report, "memory-limit", "swap-max");
  assert.deepEqual([status, report.exit_reason, report.usage.swap_peak_bytes], [137, "oom", 0]);
});

test("--swap-max caps swap: what fits into memory and swap together passes, more does not", async (t) => {
  const flags = ["--memory-limit", "32", "--swap-max", "32M"];
  const fits = await run(flags, touch(48));
  const exceeds = await run(flags, touch(96));
  t.diagnostic(`swapped ${mibs(fits.report.usage.swap_peak_bytes)} and ${mibs(exceeds.report.usage.swap_peak_bytes)}`);
  assertApplied(fits.report, "memory-limit", "swap-max");
  assert.deepEqual([fits.status, exceeds.status, exceeds.report.exit_reason], [0, 137, "oom"]);
  assert.ok((fits.report.usage.swap_peak_bytes ?? 0) > 12 * mib);
  assert.ok((exceeds.report.usage.swap_peak_bytes ?? 0) <= 32 * mib);
});

test("--memory-low and --memory-min keep a workload's memory while a sibling presses on it", async (t) => {
  const open = await keptUnderPressure([]);
  t.diagnostic(`${mibs(open)} of 40 MiB kept without`);
  assert.ok(open < 25 * mib, `kept ${open} without`);
  for (const flag of ["--memory-low", "--memory-min"]) {
    const kept = await keptUnderPressure([flag, "40M"]);
    t.diagnostic(`${mibs(kept)} of 40 MiB kept with ${flag} 40M`);
    assert.ok(kept > 38 * mib, `kept ${kept} with ${flag}`);
  }
});

/** Memory that an idle 40 MiB workload has left after a sibling wanted more than their parent has. */
function keptUnderPressure(flags: readonly string[]): Promise<number> {
  const parentLimit = { "memory.max": String(72 * mib) };
  return withParent(async (parent) => {
    const quiet = startJob([...below(parent), "--memory-limit", "60", ...flags], touch(39, 300));
    const group = groupOf(parent, quiet);
    await until("the quiet workload to have its memory", () => hasMemory(group, 39 * mib));
    const greedy = await run([...below(parent), "--memory-limit", "70"], touch(68, -3));
    assert.equal(greedy.status, 0, greedy.stderr);
    const kept = stat(`${group}/memory.stat`, "anon");
    write(`${group}/cgroup.kill`, "1");
    const { report } = await quiet.ended;
    for (const flag of flags.filter((word) => word.startsWith("--"))) assertApplied(report, flag.slice(2));
    return kept;
  }, parentLimit);
}

const hasMemory = (group: string, bytes: number): boolean => {
  try {
    return stat(`${group}/memory.stat`, "anon") >= bytes;
  } catch {
    return false;
  }
};

test("--zswap-max caps what zswap may keep of a workload in memory", async (t) => {
  write(zswapSwitch, "Y");
  try {
    const inZswap = "cat /sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)/memory.stat | grep ^zswpout";
    const command = ["sh", "-c", `${touch(96).join(" ")} && ${inZswap}`];
    const open = await run(["--memory-high", "32M"], command);
    const none = await run(["--memory-high", "32M", "--zswap-max", "0"], command);
    t.diagnostic(
      `without a cap ${open.stdout.trimEnd().split("\n").at(-1)}; with 0 ${none.stdout.trimEnd().split("\n").at(-1)}`,
    );
    assertApplied(none.report, "memory-high", "zswap-max");
    assert.equal(outcomeOf(none.report, "zswap-max").effective, "0");
    assert.deepEqual([open.status, none.status], [0, 0]);
    assert.match(open.stdout, /^zswpout [1-9]\d{3,}$/m);
    assert.match(none.stdout, /^zswpout 0$/m);
  } finally {
    write(zswapSwitch, "N");
    assert.equal(read(zswapSwitch), "N");
  }
});

const mibs = (bytes: number | null): string => `${((bytes ?? 0) / mib).toFixed(1)} MiB`;
