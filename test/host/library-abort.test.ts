import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import type { RunOptions } from "../../src/index.ts";
import { attach, CorralError, run } from "../../src/index.ts";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { benchMark, benchOptions } from "../shared/library.ts";
import { startTicks } from "../shared/processes.ts";
import { scaled } from "../shared/timing.ts";

const bench = openBench();
const options = { ...benchOptions(bench), env: benchMark(bench) };
const sleeper = (more: RunOptions) => run("sleep", ["1000"], { ...options, ...more });

test("a signal that is aborted already starts nothing and leaves no record", async () => {
  const reason = new Error("not today");
  const before = bench.results();
  const error = await sleeper({ signal: AbortSignal.abort(reason) }).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof CorralError);
  assert.deepEqual([error.code, error.cause, error.report], ["ABORTED", reason, null]);
  assert.deepEqual([bench.results(), bench.leftovers()], [before, { groups: [], processes: [], records: [] }]);
});

test("an abort while the start is under way either starts nothing or ends what was started", async () => {
  const outcomes = { never: 0, ended: 0 };
  for (let delayMs = 0; delayMs < 30; delayMs += 1) {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), delayMs / 2);
    const ran = await sleeper({ signal: controller.signal, limits: { pidsMax: 20 } }).catch(
      (thrown: unknown) => thrown,
    );
    if (ran instanceof CorralError) {
      assert.equal(ran.code, "ABORTED", ran.message);
      assert.deepEqual([ran.report?.pid ?? null, ran.report?.start_error?.code ?? "ABORTED"], [null, "ABORTED"]);
      outcomes.never += 1;
    } else {
      const { ended_by_corral, exit_signal } = await (ran as Awaited<ReturnType<typeof sleeper>>).result;
      assert.deepEqual([ended_by_corral, exit_signal], ["abort", "SIGTERM"]);
      outcomes.ended += 1;
    }
    clearTimeout(timer);
    assert.deepEqual(getEventListeners(controller.signal, "abort"), []);
  }
  assert.ok(outcomes.never > 0 && outcomes.ended > 0, JSON.stringify(outcomes));
});

test("an abort in the turn in which the job comes is not lost", async () => {
  const controller = new AbortController();
  const job = await sleeper({ signal: controller.signal });
  controller.abort();
  assert.equal((await job.result).ended_by_corral, "abort");
});

test("an abort ends the whole workload, gently and then by force", async () => {
  const controller = new AbortController();
  const job = await run("sh", ["-c", 'trap "" TERM; sleep 1000 & echo ready; while :; do sleep 0.05; done'], {
    ...options,
    killAfter: "150ms",
    signal: controller.signal,
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve) => job.stdout.once("data", resolve));
  controller.abort();
  const { ended_by_corral, exit_signal, survivors, exit_reason } = await job.result;
  assert.deepEqual([ended_by_corral, exit_signal, survivors, exit_reason], ["abort", "SIGKILL", [], "signal"]);
});

test("an abort after the end changes nothing", async () => {
  const controller = new AbortController();
  const job = await run("true", { ...options, signal: controller.signal });
  const report = await job.result;
  controller.abort();
  assert.deepEqual([await job.result, report.ended_by_corral], [report, null]);
});

test("AbortSignal.timeout bounds a job", async () => {
  const job = await sleeper({ signal: AbortSignal.timeout(scaled(50)) });
  assert.equal((await job.result).ended_by_corral, "abort");
});

test("an abort lets go of an attached process, which goes on", async () => {
  const job = await sleeper({ account: false, jobId: "attached-to" });
  await job.detach();
  await bench.discard("attached-to");
  const reasons = { aborted: AbortSignal.abort() };
  await assert.rejects(attach(job.pid, { ...benchOptions(bench), signal: reasons.aborted }), { code: "ABORTED" });
  const controller = new AbortController();
  const attached = await attach(job.pid, {
    ...benchOptions(bench),
    limits: { pidsMax: 20 },
    signal: controller.signal,
  });
  controller.abort();
  const { detached, ended_by_corral, attach: end } = await attached.result;
  assert.deepEqual([detached, ended_by_corral, end?.not_restored], [true, null, []]);
  assert.notEqual(startTicks(job.pid), null);
  process.kill(job.pid, "SIGKILL");
});

expectNoLeftovers(bench);
