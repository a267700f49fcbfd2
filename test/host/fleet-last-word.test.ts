/** What an agent's last word says of a workload that did not end by itself. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openBench } from "../shared/bench.ts";
import { call, plainDialer, startAgent } from "../shared/fleet.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { until } from "../shared/timing.ts";

const bench = openBench();

test("a load that the controller ends has told all that it did, to the last moment and once", async (t) => {
  const agent = await startAgent(t, bench);
  const run = call(t, plainDialer(t), agent.address);
  run.start(JSON.stringify({ load: { memory: { size: "1M" }, duration: "600s", rate: 200 } }));
  await run.heard("ready");
  run.go(200);
  await until("it has told of operations", () => run.of("running").some(({ totals }) => totals.getOperations > 0n));
  run.stream.send({ kind: "abort", reason: "enough" });
  const { rest } = await run.heard("aborted");
  assert.ok(rest !== null);

  const told = run.of("running").flatMap(({ intervals }) => intervals);
  const all = [...told, ...rest.intervals];
  assert.ok(rest.intervals.length > 0, "the last of it is in no interval");
  assert.deepEqual(
    all.slice(1).map(({ fromMs }) => fromMs),
    all.slice(0, -1).map(({ toMs }) => toMs),
  );
  const counted = all
    .flatMap(({ cells }) => cells.flatMap(({ counts }) => [...counts]))
    .reduce((sum, one) => sum + one, 0);
  assert.equal(BigInt(counted), rest.totals.getOperations);
  assert.ok(rest.elapsedMs >= (told.at(-1)?.toMs ?? 0), `${rest.elapsedMs} ms`);
});

test("a program that fails tells how long it has worked, and one that was never begun nothing", async (t) => {
  const agent = await startAgent(t, bench);
  const dialer = plainDialer(t);
  const failing = call(t, dialer, agent.address);
  failing.start(JSON.stringify({ command: ["bash", "-c", "sleep 0.3; exit 3"] }));
  await failing.heard("ready");
  failing.go(100);
  const { rest } = await failing.heard("error");
  assert.ok((rest?.elapsedMs ?? 0) >= 290, `${rest?.elapsedMs} ms`);
  await failing.over();
  const ended = call(t, dialer, agent.address);
  ended.start(JSON.stringify({ command: ["true"] }));
  await ended.heard("ready");
  ended.stream.send({ kind: "abort", reason: "enough" });
  assert.equal((await ended.heard("aborted")).rest, null);
});

expectNoLeftovers(bench);
