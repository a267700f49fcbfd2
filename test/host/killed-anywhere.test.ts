import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { startTarget, stateOfProcess } from "../shared/attach.ts";
import type { Ran } from "../shared/bench.ts";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { killQuietly, processesMarked, startTicks } from "../shared/processes.ts";
import { controller, requires, root } from "../shared/requires.ts";
import { killAt, tracing } from "../shared/strace.ts";
import { until } from "../shared/timing.ts";

const bench = openBench();

/** The calls by which anything outside of Corral changes: files, records, groups, moves. */
const calls = ["mkdir", "rmdir", "rename", "link", "unlink", "write"] as const;

/** Every one of the first, then ever fewer: the same ones in every run. */
function* sampled(): Generator<number> {
  for (let nth = 1, step = 1; nth < 400; nth += step) {
    yield nth;
    if (nth >= 6) step = Math.ceil(nth / 4);
  }
}

interface Listed {
  readonly job_id: string;
  readonly state: string;
  readonly pid: number | null;
}

async function listed(): Promise<Listed[]> {
  const { status, out, err } = await bench.corral(["ps", "--json"]);
  assert.equal(status, 0, err);
  return (JSON.parse(out) as { jobs: Listed[] }).jobs;
}

/** What is on disk beside results: records, claims, locks, half-written files. */
const files = (): string[] =>
  ["jobs", "processes"].flatMap((part) => {
    const directory = path.join(bench.stateDir, "run", part);
    return existsSync(directory) ? readdirSync(directory).map((name) => `${part}/${name}`) : [];
  });

async function assertCleared(what: string): Promise<void> {
  const { status, err } = await bench.corral(["gc"]);
  assert.equal(status, 0, `${what}: ${err}`);
  assert.deepEqual([files(), bench.parent.children()], [[], []], what);
}

const wasKilled = ({ status, signal }: Ran): boolean => signal === "SIGKILL" || status === 137;

/** An attach that leaves at once removes nothing. */
for (const call of calls.filter((one) => one !== "rmdir")) {
  test(`KILL of an attaching Corral at any ${call}: the process lives, ps tells the truth, gc leaves nothing`, async (t) => {
    if (!requires(t, root(), controller("pids"), tracing())) return;
    let killed = 0;
    for (const nth of sampled()) {
      const what = `${call} ${nth}`;
      const target = await startTarget(bench);
      t.after(() => target.child.kill("SIGKILL"));
      const ticks = startTicks(target.pid);
      const before = stateOfProcess(target.pid);
      const flags = [
        "attach",
        "--pid",
        String(target.pid),
        "--job-id",
        "swept",
        "--pids-max",
        "50",
        "--nice",
        "5",
        "--once",
      ];
      const ran = await bench.corral(flags, { wrap: killAt(call, nth) });
      assert.equal(startTicks(target.pid), ticks, `${what}: the process lives`);
      const jobs = await listed();
      for (const job of jobs) assert.deepEqual([job.job_id, job.pid], ["swept", target.pid], what);
      const states = jobs.map(({ state }) => state);
      const truth = wasKilled(ran) ? ["orphaned", "detached"] : ["detached"];
      assert.ok(
        states.every((state) => truth.includes(state)),
        `${what}: ${states.join(" ")}`,
      );
      if (!isDeepStrictEqual(stateOfProcess(target.pid), before))
        assert.equal(states.length, 1, `${what}: what is changed has a job that knows`);
      if (states.length === 1) {
        const detached = await bench.corral(["detach", "swept"]);
        assert.equal(detached.status, 0, `${what}: ${detached.err}`);
      }
      assert.deepEqual(stateOfProcess(target.pid), before, what);
      target.child.kill("SIGKILL");
      await target.ended;
      await assertCleared(what);
      if (!wasKilled(ran)) break;
      killed += 1;
    }
    t.diagnostic(`killed at ${killed} places`);
  });
}

for (const call of ["rename", "link", "unlink", "rmdir"] as const) {
  test(`KILL of an attached Corral at any ${call}, its process ending: one result, and gc leaves nothing`, async (t) => {
    if (!requires(t, root(), controller("pids"), tracing())) return;
    let killed = 0;
    for (const nth of sampled()) {
      const what = `${call} ${nth}`;
      const target = await startTarget(bench, ["sh", "-c", "read line; exit 3"]);
      const jobId = `ended-${call}-${nth}`;
      const flags = ["attach", "--pid", String(target.pid), "--job-id", jobId, "--pids-max", "50", "--nice", "5"];
      const corral = bench.start(flags, { wrap: killAt(call, nth) });
      let over = false;
      const ended = corral.ended.finally(() => {
        over = true;
      });
      await until(
        `${what}: it is watched, or its Corral is dead`,
        () => over || startTicks(target.pid) === null || corralWatches(jobId),
      );
      target.say("go");
      const ran = await ended;
      assert.deepEqual(await target.ended, [3, null], what);
      await assertCleared(what);
      const results = bench.results().filter((name) => name.startsWith(`${jobId}~`));
      // Killed before there was anything on record, it never was.
      assert.ok(results.length <= 1 && (results.length === 1 || nth === 1), `${what}: ${results.join(" ")}`);
      if (!wasKilled(ran)) {
        assert.equal(ran.status, 3, ran.err);
        break;
      }
      killed += 1;
    }
    t.diagnostic(`killed at ${killed} places`);
  });
}

for (const call of ["rename", "link", "unlink", "rmdir", "write"] as const) {
  test(`KILL of a Corral that undoes an attach at any ${call}: the next one undoes the rest`, async (t) => {
    if (!requires(t, root(), controller("pids"), tracing())) return;
    let killed = 0;
    for (const nth of sampled()) {
      const what = `${call} ${nth}`;
      const target = await startTarget(bench);
      t.after(() => target.child.kill("SIGKILL"));
      const before = stateOfProcess(target.pid);
      const flags = ["attach", "--pid", String(target.pid), "--job-id", "undone", "--pids-max", "50", "--nice", "5"];
      assert.equal((await bench.corral([...flags, "--once"])).status, 0);
      const ran = await bench.corral(["detach", "undone"], { wrap: killAt(call, nth) });
      const again = await bench.corral(["detach", "undone"]);
      assert.deepEqual(stateOfProcess(target.pid), before, `${what}: ${again.err}`);
      target.child.kill("SIGKILL");
      await target.ended;
      await assertCleared(what);
      if (!wasKilled(ran)) break;
      killed += 1;
    }
    t.diagnostic(`killed at ${killed} places`);
  });
}

function corralWatches(jobId: string): boolean {
  try {
    const record = JSON.parse(readFileSync(path.join(bench.stateDir, "run", "jobs", `${jobId}.json`), "utf8"));
    return record.constraints.length === 2;
  } catch {
    return false;
  }
}

for (const call of calls) {
  test(`KILL of a running Corral at any ${call}: a workload that was started lives, ps tells the truth, gc leaves nothing`, async (t) => {
    if (!requires(t, root(), controller("pids"), tracing())) return;
    let killed = 0;
    for (const nth of sampled()) {
      const what = `${call} ${nth}`;
      const pidFile = bench.fresh("pid");
      // It ends by itself when nothing kills its Corral.
      const script = `echo $$ > ${pidFile}.tmp; mv ${pidFile}.tmp ${pidFile}; exec sleep 0.4`;
      const flags = ["run", "--job-id", "swept", "--pids-max", "50", "--report", bench.fresh("report.json")];
      const ran = await bench.corral([...flags, "--", "sh", "-c", script], { wrap: killAt(call, nth) });
      const jobs = await listed();
      const alive = processesMarked(path.basename(pidFile)).length > 0 || workloadLives(pidFile);
      for (const { job_id, state } of jobs) {
        const truth = alive ? ["orphaned"] : ["orphaned", "lingering", "dead"];
        assert.ok(job_id === "swept" && truth.includes(state), `${what}: ${state}, alive: ${alive}`);
      }
      if (alive) assert.equal(jobs.length, 1, `${what}: a workload that lives has a job that knows`);
      await until(
        "the workload has ended",
        () => processesMarked(path.basename(pidFile)).length === 0 && !workloadLives(pidFile),
      );
      await assertCleared(what);
      if (!wasKilled(ran)) break;
      killed += 1;
    }
    t.diagnostic(`killed at ${killed} places`);
  });
}

function workloadLives(pidFile: string): boolean {
  try {
    return startTicks(Number(readFileSync(pidFile, "utf8"))) !== null;
  } catch {
    return false;
  }
}

test("a workload whose Corral is killed as it writes the result has ended, and gc gives its result", async (t) => {
  if (!requires(t, root(), tracing())) return;
  const results = bench.results().length;
  const ran = await bench.corral(["run", "--job-id", "half", "--", "true"], { wrap: killAt("fsync", 1) });
  if (!wasKilled(ran)) return t.skip("no result was being written with fsync(2)");
  await assertCleared("fsync 1");
  assert.equal(bench.results().filter((name) => name.startsWith("half~")).length, 1);
  assert.ok(bench.results().length > results);
  for (const pid of processesMarked("half")) killQuietly(pid);
});

expectNoLeftovers(bench);
