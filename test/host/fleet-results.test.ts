import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { before, test } from "node:test";
import * as hdr from "hdr-histogram-js";
import { resultColumns, seriesColumns } from "../../src/fleet/results/index.ts";
import { openBench } from "../shared/bench.ts";
import type { FleetRan, TestAgent } from "../shared/fleet-bench.ts";
import { endAgents, fleetFile, ms, runFleet, startAgent, startAgents } from "../shared/fleet-bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { until } from "../shared/timing.ts";

const bench = openBench();
const agents: TestAgent[] = [];
before(async () => void agents.push(...(await startAgents(bench, 2))));

/** The lines of a table of tab-separated values, by the names of its heading. */
function tableOf(text: string, columns: readonly string[]): Readonly<Record<string, string>>[] {
  const [heading, ...lines] = text.trimEnd().split("\n");
  assert.equal(heading, columns.join("\t"));
  return lines.map((line) => Object.fromEntries(line.split("\t").map((cell, at) => [columns[at] ?? "", cell])));
}

const sumOf = (rows: readonly Readonly<Record<string, string>>[], column: string): number =>
  rows.reduce((sum, row) => sum + Number(row[column] ?? 0), 0);

/** Histograms of a log, by their tags. */
function histogramsIn(log: string): Map<string, hdr.Histogram> {
  const reader = new hdr.HistogramLogReader(log);
  const found = new Map<string, hdr.Histogram>();
  for (let one = reader.nextIntervalHistogram(); one !== null; one = reader.nextIntervalHistogram())
    found.set(one.tag, one);
  return found;
}

const ids = ["agent-1", "agent-2"] as const;

test("a load's results of all agents are those of each added up, second by second too, and read by others", async () => {
  const workload = {
    load: {
      memory: { size: "1M" },
      operations: { get: 3, put: 1 },
      size: "4K",
      duration: "3s",
      rate: 500,
      concurrency: 2,
    },
  };
  const ran = await runFleet(
    bench,
    fleetFile(bench, agents, { workload, thresholds: ["ops > 100", "error_rate < 100%"] }),
  );
  assert.equal(ran.status, 0, ran.err);
  assert.deepEqual(
    ran.status_.thresholds.map(({ passed }) => passed),
    [true, true],
  );
  const all = tableOf(ran.text("workload_results.tsv"), resultColumns);
  const each = ids.map((id) => tableOf(ran.text(`agents/${id}/workload_results.tsv`), resultColumns));
  for (const operation of ["GET", "PUT"]) {
    const countIn = (rows: readonly Readonly<Record<string, string>>[]): number =>
      Number(rows.find((row) => row["operation"] === operation && row["size_bucket"] === "ALL")?.["count"]);
    assert.equal(countIn(all), countIn(each[0] ?? []) + countIn(each[1] ?? []));
  }
  const series = tableOf(ran.text("perf_log.tsv"), seriesColumns);
  for (const column of ["get_ops", "get_bytes", "put_ops", "errors"])
    assert.equal(
      sumOf(series, column),
      ids.reduce((sum, id) => sum + sumOf(tableOf(ran.text(`agents/${id}/perf_log.tsv`), seriesColumns), column), 0),
    );
  assert.equal(sumOf(series, "get_ops") + sumOf(series, "put_ops"), ran.status_.operations);
  assertMerged(ran, all);
});

/** Percentiles of the whole are those of the histograms of both agents, added up by a program that is not ours. */
function assertMerged(ran: FleetRan, all: readonly Readonly<Record<string, string>>[]): void {
  const [one, other] = ids.map((id) => histogramsIn(ran.text(`agents/${id}/workload.hlog`)));
  const whole = histogramsIn(ran.text("workload.hlog")).get("GET/1B-8KiB");
  const pooled = one?.get("GET/1B-8KiB");
  const rest = other?.get("GET/1B-8KiB");
  assert.ok(whole !== undefined && pooled !== undefined && rest !== undefined);
  pooled.add(rest);
  const row = all.find(({ operation, bucket_idx: bucket }) => operation === "GET" && bucket === "1");
  for (const [column, percent] of [
    ["p50_us", 50],
    ["p99_us", 99],
  ] as const) {
    assert.equal(Number(row?.[column]), pooled.getValueAtPercentile(percent));
    assert.equal(whole.getValueAtPercentile(percent), pooled.getValueAtPercentile(percent));
  }
}

test("files of a load are made in every agent's own directory, measured, and gone afterwards", async () => {
  const path = bench.fresh("files");
  const workload = { load: { file: { path, files: 7 }, size: "2K", duration: "1s", concurrency: 2 } };
  const { status, err, text, results } = await runFleet(bench, fleetFile(bench, agents, { workload }));
  assert.equal(status, 0, err);
  const prepared = results("prepare_results.json");
  assert.deepEqual(
    [prepared.stage, prepared.rows.at(-1)?.operation, prepared.rows.at(-1)?.count],
    ["prepare", "PUT", 14],
  );
  assert.equal(
    results("workload_results.json").rows.every(({ operation }) => operation === "GET"),
    true,
  );
  assert.match(text("agents/agent-1/work.json"), /"schema":"corral\.fleet-work\/1","kind":"load"/);
  for (const id of ids) assert.equal(existsSync(`${path}/${id}`), false);
});

test("a load that its host does not allow is refused, and says what", async (t) => {
  const strict = await startAgent(bench, ["--allow-path", "/nowhere"]);
  t.after(() => endAgents([strict]));
  for (const [load, why] of [
    [{ http: { url: "http://a/" } }, /load\.http\.url names the URL "http:\/\/a\/", which this host does not allow/],
    [{ file: { path: "/tmp" } }, /load\.file\.path names the path "\/tmp", which this host does not allow/],
  ] as const) {
    const refused = await runFleet(bench, fleetFile(bench, [strict], { workload: { load } }));
    assert.deepEqual([refused.status, refused.status_.agents[0]?.failure?.cause], [5, "config_rejected"]);
    assert.match(refused.status_.agents[0]?.failure?.message ?? "", why);
  }
});

test("what an agent was killed in the middle of is kept, and counts for nobody else", async () => {
  const victim = await startAgent(bench);
  const workload = { load: { memory: {}, duration: ms(4000), rate: 100 } };
  const file = fleetFile(bench, [agents[0] as TestAgent, victim], { workload });
  const running = runFleet(bench, file);
  // Its third report has come.
  await until("it has worked", () => victim.started.err().includes('"to":"running"'));
  await new Promise((resolve) => setTimeout(resolve, 3500));
  victim.started.kill("SIGKILL");
  await victim.started.ended;
  const { status, results } = await running;
  assert.equal(status, 2);
  const [kept, whole] = [results("agents/agent-2/workload_results.json"), results("workload_results.json")];
  assert.deepEqual([kept.partial, whole.partial, whole.agents], [true, false, ["agent-1"]]);
  assert.ok(kept.wall_sec >= 1 && (kept.rows.at(-1)?.count ?? 0) > 0, JSON.stringify(kept));
});

test("agents come to the gate of a run by themselves", async (t) => {
  const port = 20_000 + (process.pid % 10_000);
  const gate = `127.0.0.1:${port}`;
  const joined = bench.start(["agent", "--join", gate, "--name", "behind-nat", "--insecure", "--allow-all"], {
    limitMs: 600_000,
  });
  t.after(async () => {
    joined.kill("SIGTERM");
    await joined.ended;
  });
  const file = fleetFile(bench, [{ address: "behind-nat" }], {
    workload: { command: ["/bin/true"] },
    timeouts: { connect: ms(30_000) },
  });
  const { status, err, status_: told } = await runFleet(bench, file, ["--gate", gate, "--insecure"]);
  assert.equal(status, 0, err);
  assert.deepEqual([told.agents[0]?.address, told.agents[0]?.state], ["behind-nat", "completed"]);
});

test("agents end when they are told to", () => endAgents(agents));

expectNoLeftovers(bench);
