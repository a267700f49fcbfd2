import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { readMemoryUse } from "../../src/kernel/index.ts";
import { readRecordFile } from "../../src/policy/import/index.ts";
import type { AttemptRecord } from "../../src/policy/records/index.ts";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { requires, root } from "../shared/requires.ts";
import { sleep, until } from "../shared/timing.ts";

const bench = openBench();
const mib = 2 ** 20;

async function rowsOf(csv: string): Promise<AttemptRecord[]> {
  const rows: AttemptRecord[] = [];
  const { problem } = await readRecordFile(csv, (row) => void rows.push(row));
  assert.equal(problem, null);
  return rows;
}

/** Looks at the memory of a process until it ends. */
async function watchPss(pid: number, ended: Promise<unknown>): Promise<{ atNs: bigint; pssBytes: number }[]> {
  const looks: { atNs: bigint; pssBytes: number }[] = [];
  const over = new AbortController();
  void ended.finally(() => over.abort());
  while (!over.signal.aborted) {
    const { pssBytes } = readMemoryUse(pid);
    if (pssBytes !== null) looks.push({ atNs: process.hrtime.bigint(), pssBytes });
    await sleep(20);
  }
  return looks;
}

interface Policy {
  readonly csv: string;
  readonly socket: string;
  end(): Promise<AttemptRecord[]>;
}

async function startPolicy(delaySec: string): Promise<Policy> {
  const csv = bench.fresh("f.csv");
  const socket = bench.fresh("enrol.sock");
  const policy = bench.start(["policy", "run", "--delay-sec", delaySec, "--csv", csv, "--sock-path", socket], {
    limitMs: 40_000,
  });
  await until("the policy runs", () => policy.err().includes("workloads enrol at"), 10_000);
  return {
    csv,
    socket,
    async end() {
      policy.kill("SIGINT");
      assert.equal((await policy.ended).status, 0);
      return rowsOf(csv);
    },
  };
}

const enrolling = (socket: string, policy: string, ...flags: string[]): string[] => [
  ...["workload", "anon-streamer", "--region-mb", "64", "--use-mem-arena", "--arena-cap-mb", "32", "--json"],
  ...["--controller-enroll", "--controller-sock", socket, "--compress-policy", policy, ...flags],
];

describe("a policy and a workload that enrols", () => {
  test("the request is acknowledged once, and the memory of the process falls by what the row claims", async (t) => {
    if (!requires(t, root())) return;
    // Time enough to fill its region, on a busy machine too: what is seen from outside is not of the same moment.
    const policy = await startPolicy("3");
    const workload = bench.start(enrolling(policy.socket, "external", "--duration-sec", "6", "--idle-ms", "30000"));
    const looks = await watchPss(workload.pid, workload.ended);
    const { status, out } = await workload.ended;
    assert.equal(status, 0);
    const result = JSON.parse(out) as Readonly<Record<string, number>>;
    assert.equal(result["external_compress_triggers"], 1);
    // More than two of the six seconds.
    assert.ok(Number(result["retained_saving_byte_sec"]) > 1.5 * 60 * mib, out);
    const acked = (await policy.end()).filter((row) => row.compress_ack);
    assert.equal(acked.length, 1);
    const [row] = acked;
    assert.ok(row !== undefined);
    assert.deepEqual(
      [row.pid, row.workload_name, row.outcome, row.region_mb, row.lineage_root_pid],
      [workload.pid, "anon_streamer", "applied", 64, workload.pid],
    );
    // By the kernel before and after the action, by the workload's own counts, and as we have seen it from outside.
    const stated = Number(row.chunks_admitted) * 4096 - Number(row.pool_bytes_live);
    const [startNs, endNs] = [BigInt(row.ack_start_ns ?? 0), BigInt(row.ack_end_ns ?? 0)];
    const before = looks.findLast(({ atNs }) => atNs < startNs)?.pssBytes ?? 0;
    const after = looks.find(({ atNs }) => atNs > endNs)?.pssBytes ?? 0;
    assert.deepEqual([row.saved_basis, Number(row.saved_bytes) > 60 * mib], ["pss", true]);
    for (const other of [stated, before - after])
      assert.ok(
        Math.abs(other - Number(row.saved_bytes)) < Number(row.saved_bytes) / 10,
        `${other} ${row.saved_bytes}`,
      );
  });
});

describe("what a workload does of itself and when asked", { concurrency: 3 }, () => {
  test("a workload that compresses by itself refuses, and goes on", async (t) => {
    if (!requires(t, root())) return;
    const policy = await startPolicy("1.5");
    const { status, out } = await bench.corral(enrolling(policy.socket, "internal", "--duration-sec", "3"));
    assert.equal(status, 0);
    const result = JSON.parse(out) as Readonly<Record<string, number>>;
    assert.deepEqual([result["external_refused"], result["external_compress_triggers"]], [1, 0]);
    assert.ok(Number(result["internal_compressions"]) > 0);
    const rows = (await policy.end()).filter(({ workload_name: name }) => name === "anon_streamer");
    assert.deepEqual(
      rows.map(({ outcome, compress_ack: ack }) => [outcome, ack]),
      [["nacked", false]],
    );
  });

  test("one that does both does both", async (t) => {
    if (!requires(t, root())) return;
    const policy = await startPolicy("1.5");
    const { out } = await bench.corral(enrolling(policy.socket, "both", "--duration-sec", "3"));
    const result = JSON.parse(out) as Readonly<Record<string, number>>;
    assert.equal(result["external_compress_triggers"], 1);
    assert.ok(Number(result["internal_compressions"]) > 0);
    assert.equal((await policy.end()).filter((row) => row.compress_ack).length, 1);
  });

  test("without a policy engine a workload runs all the same", async () => {
    const { status, out } = await bench.corral(enrolling(bench.fresh("none.sock"), "external", "--duration-sec", "1"));
    assert.deepEqual([status, (JSON.parse(out) as { controller: string }).controller], [0, "connecting"]);
  });
});

describe("the matrix", () => {
  const keys = [
    ...["workload", "target_pid", "target_class", "rows_total", "target_tree_rows", "background_rows"],
    ...["target_enrolled_rows", "target_triggered_rows", "target_acked_rows", "target_missed_no_enroll_rows"],
    ...["skipped_ineligible_rows", "rows_compress_sent", "rows_compress_ack"],
  ];
  const summaryOf = (directory: string): Readonly<Record<string, number>> =>
    JSON.parse(readFileSync(path.join(directory, "summary.json"), "utf8"));

  test("has the files of the original, and every process belongs to the workload that started it", async (t) => {
    if (!requires(t, root())) return;
    const dir = bench.fresh("results");
    const flags = ["--results-dir", dir, "--delay-sec", "2", "--duration-sec", "4", "--quiet-controller"];
    const only = ["--only", "interactive_burst,fork-exec-storm"];
    const { status, out, err } = await bench.corral(["workload", "matrix", ...flags, ...only], { limitMs: 60_000 });
    assert.deepEqual([status, out], [0, `results_dir=${dir}\n`], err);
    assert.deepEqual(readdirSync(dir).toSorted(), [
      "fork_exec_storm",
      "interactive_burst",
      "manifest.csv",
      "runner.log",
    ]);
    for (const workload of ["interactive_burst", "fork_exec_storm"])
      for (const file of ["controller.log", "controller.csv", "workload.stdout", "summary.json"])
        assert.ok(existsSync(path.join(dir, workload, file)), `${workload}/${file}`);
    const burst = summaryOf(path.join(dir, "interactive_burst"));
    const storm = summaryOf(path.join(dir, "fork_exec_storm"));
    assert.deepEqual(Object.keys(burst).slice(0, keys.length), keys);
    assert.deepEqual(
      [burst["target_enrolled_rows"], burst["target_triggered_rows"], burst["target_acked_rows"]],
      [1, 1, 1],
    );
    // Two workers, ten times a second, for four seconds; the workload itself and its worker.
    assert.equal(storm["target_tree_rows"], 2 * 10 * 4 + 2);
    assert.equal(storm["skipped_ineligible_rows"], storm["target_tree_rows"]);
    assert.equal(
      readFileSync(path.join(dir, "manifest.csv"), "utf8"),
      [
        "workload,target_class,target_pid,workload_exit_code,run_dir",
        `interactive_burst,triggerable,${burst["target_pid"]},0,${dir}/interactive_burst`,
        `fork_exec_storm,observe_only,${storm["target_pid"]},0,${dir}/fork_exec_storm`,
        "",
      ].join("\n"),
    );
  });

  test("one that is told to end ends its workload and its policy, and keeps what there is", async (t) => {
    if (!requires(t, root())) return;
    const dir = bench.fresh("ended");
    const matrix = bench.start([
      "workload",
      "matrix",
      "--results-dir",
      dir,
      "--only",
      "fork-exit-storm,fork-exec-storm",
    ]);
    await until("the workload runs", () => existsSync(path.join(dir, "fork_exit_storm", "workload.stdout")), 10_000);
    await sleep(500);
    matrix.kill("SIGINT");
    assert.equal((await matrix.ended).status, 130);
    assert.ok(Number(summaryOf(path.join(dir, "fork_exit_storm"))["target_tree_rows"]) > 0);
    assert.ok(!existsSync(path.join(dir, "fork_exec_storm")));
    // What is there already is not written over.
    const { status, err } = await bench.corral(["workload", "matrix", "--results-dir", dir]);
    assert.equal(status, 125);
    assert.match(err, /^\[corral\] cannot write the results to ".*": EEXIST; it has results already; .*\n$/);
  });
});

expectNoLeftovers(bench);
