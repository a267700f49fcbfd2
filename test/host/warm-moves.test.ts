/** The kernel's lock on moves is kept warm by a helper of its own: while that pays, and never longer than whoever asked for it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { WarmKeeper } from "../../src/run/moves/index.ts";
import { newHostPlace, skip, withoutControllers } from "../shared/host-guard.ts";
import { readProc } from "../shared/processes.ts";
import { until } from "../shared/timing.ts";
import { clearPlace, startGuard } from "../vm/guard/support.ts";

/** Helpers that a process has. Threads have children of their own. */
const warmersOf = (pid: number): number[] =>
  (readProc(`${pid}/task/${pid}/children`) ?? "")
    .split(" ")
    .filter(Boolean)
    .map(Number)
    .filter((child) => readProc(`${child}/cmdline`)?.startsWith("corral-launch\0warm\0") === true);

/** The one helper of a process: a list of children may leave one out that is there (proc_pid_task(5)). */
async function warmerOf(pid: number): Promise<number> {
  await until("the helper to be listed", () => warmersOf(pid).length === 1);
  return warmersOf(pid)[0] ?? warmerOf(pid);
}

const isGone = (pid: number): boolean => [null, "Z"].includes(readProc(`${pid}/stat`)?.split(") ")[1]?.[0] ?? null);

test("it is begun when moves come that it saves more than it costs, and ended when they stop", { skip }, async (t) => {
  let clockMs = 1000;
  const keeper = new WarmKeeper("auto", () => clockMs);
  t.after(() => keeper.close());
  keeper.open();
  const note = (): void => {
    clockMs += 100;
    keeper.note(clockMs, 8);
  };
  for (let move = 0; move < 4; move += 1) note();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([keeper.status.period_ms, warmersOf(process.pid)], [null, []]);
  note();
  await until("the keeping to begin", () => keeper.status.period_ms !== null);
  const { wanted, period_ms, cold_move_ms, warm_move_ms, moves, problem } = keeper.status;
  assert.deepEqual(
    { wanted, period_ms, cold_move_ms, warm_move_ms, moves, problem },
    { wanted: "auto", period_ms: 5, cold_move_ms: 8, warm_move_ms: null, moves: 5, problem: null },
  );
  const helper = await warmerOf(process.pid);
  await until("it to use the CPU", () => keeper.status.cpu_ms > 0);
  clockMs += 10_000;
  await until("the keeping to end", () => keeper.status.period_ms === null);
  await until("the helper to end", () => isGone(helper));
  // What it has used is not forgotten.
  assert.ok(keeper.status.cpu_ms > 0);
});

test("what is wanted is heeded at once when it is read anew", { skip }, async (t) => {
  const keeper = new WarmKeeper("always");
  t.after(() => keeper.close());
  keeper.open();
  await until("the keeping to begin", () => keeper.status.period_ms === 5);
  const helper = await warmerOf(process.pid);
  keeper.reload("never");
  await until("the helper to end", () => isGone(helper));
  assert.equal(keeper.status.period_ms, null);
});

test("a helper that ends by itself is told, and not started again until it is asked for anew", { skip }, async (t) => {
  const keeper = new WarmKeeper("always");
  t.after(() => keeper.close());
  keeper.open();
  await until("the keeping to begin", () => keeper.status.period_ms === 5);
  process.kill(await warmerOf(process.pid), "SIGKILL");
  await until("its end to be seen", () => keeper.status.problem !== null);
  keeper.note(performance.now(), 8);
  assert.deepEqual([keeper.status.period_ms, warmersOf(process.pid)], [null, []]);
  keeper.reload("always");
  await until("the keeping to begin again", () => keeper.status.period_ms === 5);
  assert.equal(keeper.status.problem, null);
});

const get = (socketPath: string, path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve(text));
    });
    asked.on("error", reject).end();
  });

test("a guard tells of it in its status and its metrics, and takes the helper along when it is killed", {
  skip,
}, async () => {
  const place = newHostPlace();
  const metrics = join(place.home, "metrics.sock");
  const config = `{ version: 1, warm_moves: always, listen: "unix:${metrics}" }`;
  const guard = await startGuard(place, { config, env: withoutControllers });
  try {
    const { warm_moves } = await guard.client.status();
    assert.deepEqual([warm_moves.wanted, warm_moves.period_ms, warm_moves.moves], ["always", 5, 0]);
    const told = await get(metrics, "/metrics");
    assert.match(told, /^corral_guard_warm_moves 1$/m);
    assert.match(told, /^corral_guard_moves_total 0$/m);
    assert.match(told, /^corral_guard_warm_moves_cpu_seconds_total [0-9.e-]+$/m);
    const helper = await warmerOf(guard.process.pid ?? 0);
    const group = (pid: number): string => readFileSync(`/proc/${pid}/cgroup`, "latin1");
    assert.equal(group(helper), group(guard.process.pid ?? 0));
    await guard.end("SIGKILL");
    await until("the helper to end", () => isGone(helper));
  } finally {
    await guard.end("SIGKILL");
    await clearPlace(place);
  }
});
