import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import type { AdaptiveLine } from "../../../src/policy/index.ts";
import { openPackageRoot } from "../../shared/readable-copy.ts";
import { until } from "../../shared/timing.ts";
import { read } from "../support.ts";
import { mib, swapOff, swapOn, withHalfCold } from "./support.ts";

before(swapOn);
after(swapOff);

/** `corral policy …` with its lines as they come. */
function startPolicy(args: readonly string[]) {
  const corral: ChildProcess = spawn(
    process.execPath,
    [join(openPackageRoot(), "dist/corral.cjs"), "policy", ...args, "--json"],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const lines: AdaptiveLine[] = [];
  assert.ok(corral.stdout);
  createInterface({ input: corral.stdout }).on("line", (line) => lines.push(JSON.parse(line) as AdaptiveLine));
  const ended = new Promise<number | null>((resolve) => corral.once("close", resolve));
  const only = <E extends AdaptiveLine["event"]>(event: E) =>
    lines.filter((line): line is Extract<AdaptiveLine, { event: E }> => line.event === event);
  return { corral, ended, only };
}

const mibs = (bytes: number): string => `${(bytes / mib).toFixed(1)} MiB`;

test("proactive reclaim brings a half-cold group down by a third or more, and its stall stays below the target", (t) =>
  withHalfCold(96, 32, async ({ path, directory }) => {
    const law = [
      "--interval",
      "500ms",
      "--ratio",
      "10",
      "--cap",
      "10",
      "--target",
      "10",
      "--min-size",
      "16M",
      "--write-rate",
      "max",
    ];
    const { corral, ended, only } = startPolicy(["reclaim", "--cgroup", path, ...law]);
    // However long they take in an emulated machine.
    await until("twelve intervals", () => only("reclaim").length >= 12, 30_000);
    corral.kill("SIGTERM");
    assert.equal(await ended, 0);
    const [summary] = only("reclaim_summary");
    assert.ok(summary);
    t.diagnostic(JSON.stringify(summary));
    assert.equal(only("started")[0]?.mechanism, "psi trigger");
    assert.ok(summary.saved_share > 0.33, `saved ${summary.saved_share}`);
    assert.ok(summary.after_bytes > 24 * mib, `the hot part was taken too: ${mibs(summary.after_bytes)}`);
    assert.ok(summary.stall_share < summary.target_share, `stalled ${summary.stall_share}`);
    assert.equal(summary.before_bytes > 96 * mib && Number(read(`${directory}/memory.current`)) < 70 * mib, true);
  }));

test("a dry run of it takes nothing", () =>
  withHalfCold(24, 0, async ({ path, directory }) => {
    const { ended, only } = startPolicy([
      "reclaim",
      "--cgroup",
      path,
      "--interval",
      "200ms",
      "--ratio",
      "20",
      "--cap",
      "20",
      "--min-size",
      "1M",
      "--duration",
      "1s",
      "--dry-run",
    ]);
    assert.equal(await ended, 0);
    assert.deepEqual([...new Set(only("reclaim").map(({ outcome }) => outcome))], ["dry_run"]);
    assert.ok(Number(read(`${directory}/memory.current`)) > 24 * mib);
  }));

test("idle compaction makes an idle process cold, pages it out, and stops when it wakes", (t) =>
  withHalfCold(64, 0, async ({ identity }) => {
    const times = [
      "--interval",
      "250ms",
      "--idle",
      "1s",
      "--pageout-after",
      "1s",
      "--cold-every",
      "0",
      "--pageout-every",
      "0",
    ];
    const { corral, ended, only } = startPolicy(["compact", "--pid", String(identity.pid), ...times]);
    await until(
      "it to be paged out",
      () => only("compact").some(({ reason }) => reason === "its memory is paged out"),
      15_000,
    );
    const least = only("compact").at(-1)?.rss_bytes ?? 0;
    process.kill(identity.pid, "SIGUSR1");
    await until("the policy to see it wake", () => only("compact").at(-1)?.decision === "wake");
    corral.kill("SIGTERM");
    assert.equal(await ended, 0);
    const [summary] = only("compact_summary");
    assert.ok(summary);
    t.diagnostic(JSON.stringify(summary));
    const decisions = only("compact").map(({ decision }) => decision);
    assert.deepEqual([...new Set(decisions)], ["wait", "cold", "pageout", "wake"]);
    assert.ok(summary.before_rss_bytes > 64 * mib && least < 12 * mib, `${summary.before_rss_bytes} -> ${least}`);
    assert.deepEqual([summary.colds, summary.compactions, summary.wakes], [1, 1, 1]);
    assert.ok(summary.saved_share > 0.8);
  }));

test("idle compaction of a group frees what it paged out, also from the cache of a swap on disk", (t) =>
  withHalfCold(48, 0, async ({ path }) => {
    const times = ["--interval", "250ms", "--idle", "500ms", "--pageout-after", "0", "--pageout-every", "0"];
    const { corral, ended, only } = startPolicy(["compact", "--cgroup", path, ...times]);
    await until("it to be paged out", () => only("compact").some(({ reason }) => reason === "its memory is paged out"));
    corral.kill("SIGTERM");
    assert.equal(await ended, 0);
    const [summary] = only("compact_summary");
    assert.ok(summary);
    t.diagnostic(JSON.stringify(summary));
    assert.ok((summary.before_group_bytes ?? 0) > 48 * mib && (summary.least_group_bytes ?? 0) < 16 * mib);
  }));

test("a busy process is left alone", () =>
  withHalfCold(24, 24, async ({ identity }) => {
    // Between its rounds it rests, for most of the time where memory is fast: only from here on it never does.
    process.kill(identity.pid, "SIGUSR1");
    const times = ["--interval", "250ms", "--idle", "250ms", "--pageout-after", "0", "--idle-cpu", "0.1"];
    const { ended, only } = startPolicy(["compact", "--pid", String(identity.pid), ...times, "--duration", "2s"]);
    assert.equal(await ended, 0);
    assert.deepEqual(
      only("compact_summary").map(({ colds, compactions }) => [colds, compactions]),
      [[0, 0]],
    );
  }));
