import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { before, test } from "node:test";
import type { FleetEvent } from "../../src/fleet/live/index.ts";
import { openBench } from "../shared/bench.ts";
import type { TestAgent } from "../shared/fleet-bench.ts";
import { endAgents, fleetFile, ms, runFleet, startAgent, startAgents, startFleet } from "../shared/fleet-bench.ts";
import { fleetWire } from "../shared/fleet-wire.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { until } from "../shared/timing.ts";

const bench = openBench();
const agents: TestAgent[] = [];
before(async () => void agents.push(...(await startAgents(bench, 3))));

const seconds = (count: number) => ({ command: ["/bin/sleep", String(count)] });

test("three agents begin together, complete, and leave a directory that says so", async () => {
  const file = fleetFile(bench, agents, { name: "three", workload: seconds(1) });
  const { status, status_: told, text, directory, err } = await runFleet(bench, file);
  assert.equal(status, 0, err);
  assert.deepEqual(
    [told.schema, told.outcome, told.exit_status, told.agents_completed, told.why],
    ["corral.fleet-status/1", "completed", 0, 3, "3 of 3 agents completed"],
  );
  assert.deepEqual(readdirSync(directory).toSorted(), [
    ...["STATUS.txt", "agents", "config.yaml", "console_log.txt", "metadata.json", "status.json"],
    ...["workload.hlog", "workload_results.json", "workload_results.tsv"],
  ]);
  assert.deepEqual(JSON.parse(text("status.json")), told);
  assert.equal(text("config.yaml"), readFileSync(file, "utf8"));
  assert.match(text("STATUS.txt"), /^TEST STATUS: SUCCESS\n/);
  const wanted = [
    "connecting -> config_sent",
    "config_sent -> ready",
    "ready -> start_sent",
    "start_sent -> collecting",
  ];
  for (const edge of [...wanted, "collecting -> completed"])
    assert.match(text("console_log.txt"), new RegExp(`^\\[\\d+\\] agent-2 ${edge}: `, "m"));
  const { start_skew: skew } = told;
  assert.equal(skew?.agents, 3);
  assert.ok((skew?.spread_us ?? Number.NaN) < 1e6, `they began within ${skew?.spread_us} us`);
  for (const { clock_offset_ms: offset, clock_error_ms: error } of told.agents)
    assert.ok(Math.abs(offset ?? 1e9) <= (error ?? 0) + 1, `the clock of this host is ${offset} ms off itself`);
});

test("clocks that are 10 s wrong in both directions begin together all the same", async (t) => {
  const wrong = await Promise.all([
    startAgent(bench, ["--clock-offset", "10s"]),
    startAgent(bench, ["--clock-offset", "-10s"]),
  ]);
  t.after(() => endAgents(wrong));
  const file = fleetFile(bench, [...wrong, ...agents.slice(0, 1)], { workload: seconds(1) });
  const { status, status_: told, err } = await runFleet(bench, file);
  assert.equal(status, 0, err);
  const [ahead, behind] = told.agents.map(({ clock_offset_ms: ms }) => Math.round((ms ?? 0) / 1000));
  assert.deepEqual([ahead, behind], [10, -10]);
  assert.ok((told.start_skew?.spread_us ?? Number.NaN) < 1e6, JSON.stringify(told.start_skew));
});

test("an agent that cannot be reached is tried four times and ends the run for all with 4", async () => {
  const marker = bench.fresh("ran");
  const file = fleetFile(bench, [...agents, { address: "127.0.0.1:1" }], {
    workload: { command: ["/usr/bin/touch", marker] },
    timeouts: { retry: ["100ms", "200ms", "400ms"] },
  });
  const { status, status_: told } = await runFleet(bench, file);
  assert.deepEqual([status, told.outcome, told.start_at], [4, "unreachable", null]);
  const [last] = told.agents.slice(-1);
  assert.deepEqual([last?.attempts, last?.failure?.cause, last?.failure?.during], [4, "unreachable", "connecting"]);
  assert.match(
    told.why,
    /^agent-4 failed before the start: 127\.0\.0\.1:1 cannot be reached: (nobody listens there|no agent of this name is at \S+), at the last of 4 attempts$/,
  );
  assert.equal(existsSync(marker), false);
});

test("one that refuses its workload ends the run for all with 5, and the others are free again", async () => {
  const file = fleetFile(
    bench,
    [...agents.slice(0, 2), { address: agents[2]?.address ?? "", workload: { wrong: 1 } }],
    {
      workload: seconds(1),
    },
  );
  const refused = await runFleet(bench, file);
  assert.deepEqual([refused.status, refused.status_.agents[2]?.failure?.cause], [5, "config_rejected"]);
  assert.match(refused.status_.agents[2]?.failure?.message ?? "", /wrong is not a key here/);
  assert.equal((await runFleet(bench, fleetFile(bench, agents, { workload: seconds(0) }))).status, 0);
});

test("one that cannot prepare ends the run for all before anybody works", async () => {
  const marker = bench.fresh("ran");
  const workload = { command: ["/usr/bin/touch", marker] };
  const failing = { ...workload, prepare: { command: ["/bin/false"] } };
  const file = fleetFile(bench, [...agents.slice(0, 2), { address: agents[2]?.address ?? "", workload: failing }], {
    workload,
  });
  const { status, status_: told } = await runFleet(bench, file);
  assert.deepEqual([status, told.outcome, told.agents[2]?.failure?.cause], [5, "rejected", "prepare_failed"]);
  assert.equal(existsSync(marker), false);
});

test("one that is not ready in time ends the run for all with 6", async () => {
  const slow = { ...seconds(0), prepare: { command: ["/bin/sleep", "600"] } };
  const file = fleetFile(bench, [agents[0] as TestAgent, { address: agents[1]?.address ?? "", workload: slow }], {
    workload: seconds(0),
    timeouts: { prepare: ms(700) },
  });
  const { status, status_: told } = await runFleet(bench, file);
  assert.deepEqual([status, told.outcome, told.agents[1]?.failure?.cause], [6, "timeout", "not_ready_in_time"]);
});

test("a workload that fails on one agent leaves the others alone: 2; on all of them: 1", async () => {
  const failing = { command: ["/bin/false"] };
  const some = fleetFile(bench, [...agents.slice(0, 2), { address: agents[2]?.address ?? "", workload: failing }], {
    workload: seconds(1),
  });
  const partial = await runFleet(bench, some);
  assert.deepEqual([partial.status, partial.status_.outcome, partial.status_.agents_completed], [2, "partial", 2]);
  assert.deepEqual(partial.status_.agents[2]?.failure?.cause, "workload_failed");
  const failed = await runFleet(bench, fleetFile(bench, agents, { workload: failing }));
  assert.deepEqual([failed.status, failed.status_.outcome], [1, "failed"]);
});

test("with fewer agents left than there must be the run is ended for all with 1", async () => {
  const failing = { command: ["/bin/false"] };
  const file = fleetFile(bench, [...agents.slice(0, 2), { address: agents[2]?.address ?? "", workload: failing }], {
    workload: seconds(600),
    min_agents: 3,
  });
  const { status, status_: told } = await runFleet(bench, file);
  assert.deepEqual([status, told.why], [1, "2 agents are left, of 3 that there must be at least"]);
});

test("a threshold that is missed ends a run that completed with 7", async () => {
  const file = fleetFile(bench, agents, { workload: seconds(0), thresholds: ["p99_us < 5000"] });
  const { status, status_: told } = await runFleet(bench, file);
  assert.deepEqual(
    [status, told.outcome, told.thresholds],
    [...[7, "missed"], [{ threshold: "p99_us < 5000", value: null, passed: false }]],
  );
});

test("events come as JSON lines while it runs, and its figures are served", async () => {
  const file = fleetFile(bench, agents, { workload: seconds(3) });
  const parent = bench.fresh("results");
  const started = bench.start([
    ...["fleet", "run", "--config", file, "--results", parent, "--json-lines", "--listen", "127.0.0.1:0"],
    ...fleetWire().controllerFlags,
  ]);
  const served = (): string | undefined => /serving (\S+)/.exec(started.err())?.[1];
  await until("it says where it serves", () => served() !== undefined);
  await until("all agents work", () => /"event":"phase".*"to":"running"/.test(started.out()));
  const metrics = await until("they are collected", async () =>
    /corral_fleet_agents\{state="collecting"\} 3/.test(await (await fetch(`http://${served()}/metrics`)).text()),
  );
  assert.equal(metrics, undefined);
  const { status, out } = await started.ended;
  assert.equal(status, 0);
  const events = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as FleetEvent);
  assert.deepEqual(
    events.flatMap((event) => (event.event === "phase" ? [event.to] : [])),
    ["preparing", "coordinating", "running", "ended"],
  );
  assert.ok(events.filter(({ event }) => event === "tick").length >= 3);
  assert.deepEqual(events.at(-1)?.event, "end");
});

test("a command beside a file that says what runs is a mistake, and nobody is called", async () => {
  const file = fleetFile(bench, agents, { workload: seconds(0) });
  const { status, out, err } = await bench.corral(["fleet", "run", "--config", file, "--", "/bin/true"]);
  assert.deepEqual([status, out], [2, ""]);
  assert.match(err, /run\.yaml says what runs \(workload\), and a command after -- does, too; leave the command out/);
});

test("who ends because another failed has not failed, and what it was told stands in its directory", async () => {
  const refused = { address: agents[1]?.address ?? "", workload: { wrong: 1 } };
  const file = fleetFile(bench, [agents[0] as TestAgent, refused], { workload: seconds(1) });
  const { status, status_: told, text } = await runFleet(bench, file);
  assert.deepEqual([status, told.agents_failed, told.agents_aborted], [5, 1, 1]);
  assert.equal(told.agents[0]?.state, "aborted");
  assert.match(text("STATUS.txt"), /^Agents: 2 in all, 0 completed, 1 failed, 1 ended with the run$/m);
  assert.equal(text("agents/agent-1/config.yaml"), 'command:\n  - /bin/sleep\n  - "1"\n');
});

test("an agent that has a run already is not tried again, and told by what it does", async () => {
  const first = startFleet(bench, fleetFile(bench, agents, { workload: seconds(600) }));
  await until("it works", () => /agent-1 start_sent -> collecting/.test(first.err()));
  const { status, status_: told } = await runFleet(bench, fleetFile(bench, agents, { workload: seconds(0) }));
  assert.equal(status, 5);
  // Who is asked later may have been told that the run is over before it was.
  const refusing = told.agents.filter(({ failure }) => failure?.cause === "busy");
  assert.ok(refusing.length > 0 && refusing.every(({ attempts }) => attempts === 1), JSON.stringify(told.agents));
  assert.match(told.why, /takes no run now: "it has a run already, as \\"agent-\d\\", which is running"/);
  first.kill("SIGINT");
  assert.equal((await first.finished).status, 3);
});

test("an agent that wants another token is not tried again, and told as that: 5", async (t) => {
  if (fleetWire().controllerFlags.length > 0) return t.skip("tokens are the broker's: fleet-nats.test.ts has them");
  const [right, wrong] = [bench.fresh("token"), bench.fresh("token")];
  writeFileSync(right, "correct-horse-battery-staple", { mode: 0o600 });
  writeFileSync(wrong, "incorrect-horse-battery-staple", { mode: 0o600 });
  const strict = await startAgent(bench, ["--token-file", right]);
  t.after(() => endAgents([strict]));
  const file = fleetFile(bench, [strict], { workload: seconds(0) });
  const { status, status_: told, err } = await runFleet(bench, file, ["--token-file", wrong]);
  assert.deepEqual([status, told.agents[0]?.failure?.cause, told.agents[0]?.attempts], [5, "denied", 1]);
  assert.match(told.why, /does not know us: "the token is not the right one"$/);
  assert.equal(told.warnings.length, 0);
  assert.doesNotMatch(err, /unreachable/);
});

test("a run ends with what it has measured, and with where that is, also when it is quiet", async () => {
  const load = { load: { memory: { size: "1M" }, duration: "1s", rate: 100 } };
  const file = fleetFile(bench, agents.slice(0, 1), { workload: load });
  const parent = bench.fresh("results");
  const words = ["fleet", "run", "--config", file, "--results", parent, "--quiet", ...fleetWire().controllerFlags];
  const { status, out, err } = await bench.corral(words, { limitMs: 60_000 });
  assert.deepEqual([status, err], [0, ""]);
  assert.match(out, /^Workload, 1 agent, \d\.\d\d s(, \d+ operations? failed)?:\noperation +sizes +ops\/s/m);
  const directory = `${parent}/${readdirSync(parent)[0]}`;
  assert.ok(out.endsWith(`\nResults: ${directory}\nTo look at them again: corral fleet analyze ${directory}\n`), out);
});

test("a file with mistakes is told with their places, and nobody is called", async () => {
  const file = fleetFile(bench, agents, { workload: seconds(0), thresholds: ["p99"] });
  const { status, err } = await bench.corral(["fleet", "run", "--config", file]);
  assert.equal(status, 2);
  assert.match(err, /run\.yaml:\d+:\d+: thresholds\[0\] expects a threshold such as p99_us < 5000, not "p99"\n$/);
});

test("a dry run says what every agent would be told", async () => {
  const { status, out } = await bench.corral([
    "fleet",
    "run",
    "--agents",
    "a,b:7000",
    "--dry-run",
    "--",
    "/bin/echo",
    "x",
  ]);
  assert.equal(status, 0);
  assert.equal(
    out,
    [
      "fleet: start 10000 ms after the last agent is ready; at least 1 must go on",
      ...["agent-1 at a, 1 of 2, paths below agent-1/", "  command:", "    - /bin/echo", "    - x"],
      ...["agent-2 at b:7000, 2 of 2, paths below agent-2/", "  command:", "    - /bin/echo", "    - x", ""],
    ].join("\n"),
  );
});

test("runs are told again, compared and drawn", async () => {
  const file = fleetFile(bench, agents, { workload: seconds(0) });
  const [one, other] = [await runFleet(bench, file), await runFleet(bench, file)];
  const told = await bench.corral(["fleet", "analyze", one.directory]);
  assert.equal(told.status, 0, told.err);
  assert.ok(told.out.includes(one.text("STATUS.txt")));
  const page = bench.fresh("page.html");
  const compared = await bench.corral([
    ...["fleet", "analyze", one.directory, other.directory, "--compare", "--html", page],
  ]);
  assert.equal(compared.status, 0, compared.err);
  assert.match(readFileSync(page, "utf8"), /^<!doctype html>.*<h2>Comparison<\/h2>/s);
  const sheets = bench.fresh("runs.xlsx");
  const book = await bench.corral(["fleet", "analyze", one.directory, "--xlsx", sheets]);
  assert.deepEqual([book.status, book.out], [0, ""], book.err);
  assert.equal(readFileSync(sheets).subarray(0, 4).toString("latin1"), "PK\u0003\u0004");
  // A directory that runs are in stands for them.
  const all = await bench.corral(["fleet", "analyze", dirname(one.directory)]);
  assert.equal(all.out, told.out);
  const foreign = await bench.corral(["fleet", "analyze", bench.dir]);
  assert.deepEqual([foreign.status, /has no status\.json/.test(foreign.err)], [2, true]);
});

test("agents end when they are told to", async () => {
  await endAgents(agents);
  assert.deepEqual(
    await Promise.all(agents.map(async ({ started }) => (await started.ended).status)),
    agents.map(() => 0),
  );
});

expectNoLeftovers(bench);
