/** Runs of several stages: barriers, results of each, and who is not waited for. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { before, test } from "node:test";
import { resultColumns, seriesColumns } from "../../src/fleet/results/index.ts";
import { openBench } from "../shared/bench.ts";
import type { TestAgent } from "../shared/fleet-bench.ts";
import { endAgents, fleetFile, ms, runFleet, startAgent, startAgents, startFleet } from "../shared/fleet-bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { until } from "../shared/timing.ts";

const bench = openBench();
const agents: TestAgent[] = [];
before(async () => void agents.push(...(await startAgents(bench, 2))));

const sleeps = (seconds: number) => ({ command: ["/bin/sleep", String(seconds)] });
const memory = (rest: object) => ({ load: { memory: { size: "1M" }, size: "4K", concurrency: 2, ...rest } });

test("a stage after a long prepare runs its full length, and every stage has results of its own", async () => {
  const stages = [
    { name: "fill", workload: memory({ operations: { put: 1 }, duration: "1s", rate: 100 }) },
    { name: "read", workload: memory({ duration: "2s", rate: 200 }), thresholds: ["ops > 100", "put.ops < 1"] },
    { name: "slow", workload: { ...sleeps(600), duration: "1s", prepare: sleeps(2) } },
  ];
  const file = fleetFile(bench, agents, { stages });
  const { status, status_: told, err, text, results, directory } = await runFleet(bench, file);
  assert.equal(status, 0, err);
  assert.deepEqual(
    told.stages.map(({ number, name, barrier, agents_completed: completed }) => [number, name, barrier, completed]),
    [
      [1, "fill", true, 2],
      [2, "read", true, 2],
      [3, "slow", true, 2],
    ],
  );
  assert.deepEqual(
    told.thresholds.map(({ threshold, passed }) => [threshold, passed]),
    [
      ["read: ops > 100", true],
      ["read: put.ops < 1", true],
    ],
  );
  assert.deepEqual(
    readdirSync(directory).filter((name) => /^\d\d_/.test(name)),
    [
      ...["01_fill.hlog", "01_fill_prepare.hlog", "01_fill_prepare_results.json", "01_fill_prepare_results.tsv"],
      ...["01_fill_results.json", "01_fill_results.tsv", "02_read.hlog", "02_read_prepare.hlog"],
      ...["02_read_prepare_results.json", "02_read_prepare_results.tsv", "02_read_results.json", "02_read_results.tsv"],
      ...["03_slow.hlog", "03_slow_results.json", "03_slow_results.tsv"],
    ],
  );
  assert.equal(existsSync(`${directory}/workload_results.json`), false);
  const [fill, read] = [results("01_fill_results.json"), results("02_read_results.json")];
  assert.deepEqual([fill.stage_number, fill.stage_name, read.stage_number, read.stage_name], [1, "fill", 2, "read"]);
  // Nothing of the first stage is in the second.
  assert.deepEqual([...new Set(fill.rows.map(({ operation }) => operation))], ["PUT"]);
  assert.deepEqual([...new Set(read.rows.map(({ operation }) => operation))], ["GET"]);
  assert.ok(read.wall_sec >= 2, `it took ${read.wall_sec} s`);
  assert.ok((told.stages[2]?.wall_sec ?? 0) >= 1, JSON.stringify(told.stages[2]));
  const all = (one: typeof fill) => one.rows.find(({ size_bucket: size }) => size === "ALL")?.count ?? 0;
  assert.equal(all(fill) + all(read), told.operations);
  assert.equal(text("02_read_results.tsv").split("\n")[0], resultColumns.join("\t"));
  const series = text("perf_log.tsv").trimEnd().split("\n").slice(1);
  const [stageAt, opsAt] = ["stage", "get_ops"].map((name) => seriesColumns.indexOf(name));
  const opsOf = (stage: string) =>
    series
      .map((line) => line.split("\t"))
      .filter((cells) => cells[stageAt ?? 0] === stage)
      .reduce((sum, cells) => sum + Number(cells[opsAt ?? 0]), 0);
  assert.deepEqual([opsOf("fill"), opsOf("read")], [0, all(read)]);
  assert.match(text("agents/agent-2/01_fill_work.json"), /"kind":"load"/);
});

test("at a barrier all wait for the last one, and begin together", async () => {
  const slow = { address: agents[1]?.address ?? "", workload: {} };
  const stages = [
    { name: "one", workload: { command: ["/bin/sh", "-c", "sleep $CORRAL_AGENT_INDEX"] } },
    { name: "two", workload: sleeps(0) },
  ];
  const file = fleetFile(bench, [agents[0] as TestAgent, slow], { stages });
  const { status, status_: told, err, text } = await runFleet(bench, file);
  assert.equal(status, 0, err);
  assert.equal(told.stages[1]?.start_skew?.agents, 2);
  assert.ok((told.stages[1]?.start_skew?.spread_us ?? Number.NaN) < 1e6, JSON.stringify(told.stages[1]));
  const log = text("console_log.txt");
  const at = (line: string): number => log.indexOf(line);
  assert.ok(at("agent-1 between -> arrived") < at("agent-2 between -> arrived"), log);
  assert.ok(at("agent-2 between -> arrived") < at("phase running -> coordinating: all that are left"), log);
  assert.ok(at("phase running -> coordinating: all that are left") < at("agent-1 arrived -> start_sent"), log);
});

test("who is not at a barrier in time has failed by name, and the others go on without it: 2", async () => {
  const stages = [
    { name: "one", workload: { command: ["/bin/sh", "-c", "sleep $((CORRAL_AGENT_INDEX * 600))"] } },
    { name: "two", workload: sleeps(0) },
  ];
  const file = fleetFile(bench, agents, { stages, timeouts: { barrier: ms(1000) } });
  const { status, status_: told, results } = await runFleet(bench, file);
  assert.deepEqual([status, told.agents_completed], [2, 1]);
  assert.deepEqual([told.agents[1]?.failure?.cause, told.agents[1]?.failure?.stage], ["missed_barrier", "one"]);
  assert.match(told.agents[1]?.failure?.message ?? "", /^it was not at the barrier before the stage "two" \d+ ms/);
  assert.deepEqual(
    [results("01_one_results.json").agents, results("02_two_results.json").agents],
    [["agent-1"], ["agent-1"]],
  );
});

test("who dies is not waited for at a barrier", async () => {
  const victim = await startAgent(bench);
  const stages = [
    { name: "one", workload: { command: ["/bin/sh", "-c", "sleep $((CORRAL_AGENT_INDEX * 600))"] } },
    { name: "two", workload: sleeps(0) },
  ];
  const started = startFleet(bench, fleetFile(bench, [agents[0] as TestAgent, victim], { stages }));
  await until("the first waits", () => started.err().includes("agent-1 between -> arrived"));
  victim.started.kill("SIGKILL");
  await victim.started.ended;
  const { status, status_: told } = await started.finished;
  assert.deepEqual([status, told.agents[0]?.state, told.agents[1]?.failure?.cause], [2, "completed", "lost"]);
  // Nobody was left to take its record away; other agents would, now and then.
  assert.equal((await bench.corral(["gc"])).status, 0);
});

test("without a barrier an agent goes on by itself", async () => {
  const marker = bench.fresh("went-on");
  const stages = [
    {
      name: "one",
      workload: {
        command: ["/bin/sh", "-c", `[ $CORRAL_AGENT_INDEX = 0 ] || until [ -e ${marker} ]; do sleep 0.1; done`],
      },
    },
    { name: "two", barrier: false, workload: { command: ["/usr/bin/touch", marker] } },
  ];
  // The second agent's first stage ends when the first agent is in its second one.
  const { status, status_: told, err } = await runFleet(bench, fleetFile(bench, agents, { stages }));
  assert.equal(status, 0, err);
  assert.equal(told.stages[1]?.start_skew, null);
});

test("what a later stage asks for is refused before the first begins", async () => {
  const marker = bench.fresh("ran");
  const stages = [
    { name: "one", workload: { command: ["/usr/bin/touch", marker] } },
    { name: "two", workload: { command: ["/nowhere/at/all"] } },
  ];
  const { status, status_: told } = await runFleet(bench, fleetFile(bench, agents, { stages }));
  assert.deepEqual([status, told.agents[0]?.failure?.cause], [5, "config_rejected"]);
  assert.match(told.agents[0]?.failure?.message ?? "", /stages\[1\]\.workload\.command\[0\] names the command/);
  assert.equal(existsSync(marker), false);
});

test("Ctrl-C at a barrier ends all, and nobody has failed", async () => {
  const stages = [
    { name: "one", workload: { command: ["/bin/sh", "-c", "sleep $((CORRAL_AGENT_INDEX * 600))"] } },
    { name: "two", workload: sleeps(0) },
  ];
  const started = startFleet(bench, fleetFile(bench, agents, { stages }));
  await until("the first waits", () => started.err().includes("agent-1 between -> arrived"));
  started.kill("SIGINT");
  const { status, status_: told } = await started.finished;
  assert.deepEqual([status, told.agents_failed, told.agents_aborted], [3, 0, 2]);
});

test("analyze tells, compares and draws every stage", async () => {
  const stages = [
    { name: "fill", workload: memory({ operations: { put: 1 }, duration: "1s", rate: 100 }) },
    { name: "read", workload: memory({ duration: "1s", rate: 100 }) },
  ];
  const { directory } = await runFleet(bench, fleetFile(bench, agents.slice(0, 1), { stages }));
  const told = await bench.corral(["fleet", "analyze", directory]);
  assert.match(told.out, /^Workload of the stage fill, 1 agent, /m);
  assert.match(told.out, /^Workload of the stage read, 1 agent, /m);
  const [page, book] = [bench.fresh("page.html"), bench.fresh("book.xlsx")];
  const compared = await bench.corral([
    ...["fleet", "analyze", directory, directory, "--compare", "--html", page, "--xlsx", book, "--json"],
  ]);
  assert.equal(compared.status, 0, compared.err);
  const { rows } = JSON.parse(compared.out) as { rows: { stage: string; verdict: string }[] };
  assert.deepEqual([...new Set(rows.map(({ stage, verdict }) => `${stage} ${verdict}`))], ["fill same", "read same"]);
  assert.match(readFileSync(page, "utf8"), /<h3>read<\/h3><table>/);
});

test("agents end when they are told to", () => endAgents(agents));

expectNoLeftovers(bench);
