import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { requireWorker, setAffinity } from "../../src/kernel/index.ts";
import type { WorkTypeName } from "../../src/scenario/model/index.ts";
import { canBeThread, describeWork, workTypeNames } from "../../src/scenario/model/index.ts";
import type { WorkerPlan, WorkerReport, WorkerSet } from "../../src/scenario/workers/index.ts";
import {
  applyAttributes,
  layout,
  meanNs,
  percentileNs,
  startThreads,
  startWorkers,
} from "../../src/scenario/workers/index.ts";
import type { GroupParent } from "../shared/group-parent.ts";
import { makeGroupParent } from "../shared/group-parent.ts";
import { parentOf, processGroupOf, startTicks } from "../shared/processes.ts";
import { cpus, requires, root } from "../shared/requires.ts";
import type { MoveTargets } from "../shared/scenario-workers.ts";
import { makeMoveTargets, planOf } from "../shared/scenario-workers.ts";
import { scaled, sleep, until } from "../shared/timing.ts";

const worker = requireWorker();
const native = workTypeNames.filter((name) => describeWork(name).support === "native");
const known = workTypeNames.filter((name) => describeWork(name).support !== "later");
const ascending = (a: number, b: number): number => a - b;
const isGone = (pid: number): boolean => startTicks(pid) === null;

let parent: GroupParent | null = null;
let targets: MoveTargets | null = null;

before(() => {
  if (process.getuid?.() !== 0) return;
  parent = makeGroupParent();
  targets = makeMoveTargets(parent);
});

after(async () => {
  targets?.remove();
  await parent?.remove();
});

/** What `corral-worker load-layout` prints, in the form of `layout`. */
function printedLayout(): Record<string, unknown> {
  const printed: Record<string, unknown> = {};
  for (const line of spawnSync(worker, ["load-layout"], { encoding: "utf8" }).stdout.trimEnd().split("\n")) {
    const [name = "", number = ""] = line.split(" ");
    const [part = "", field] = name.split(".");
    if (field === undefined) printed[part] = Number(number);
    else printed[part] = { ...(printed[part] as object | undefined), [field]: Number(number) };
  }
  return printed;
}

test("the memory is laid out as the worker program says", () => {
  assert.deepEqual(printedLayout(), layout);
});

test("the worker program knows each kind of work that is done, its parameters and what it measures", () => {
  const printed = spawnSync(worker, ["load-types"], { encoding: "utf8" }).stdout.trimEnd().split("\n").toSorted();
  const expected = known.map((name) => {
    const { samples, parameters } = describeWork(name);
    const numbers = Object.entries(parameters).filter(([, { kind }]) => kind === "number" || kind === "choice");
    const kebab = name.replaceAll(/\B[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
    return [kebab, samples, ...numbers.map(([key]) => key)].join(" ");
  });
  assert.deepEqual(printed, expected.toSorted());
});

/** The process that a thread is of. */
const processOf = (tid: number): number =>
  Number(/^Tgid:\t(\d+)$/m.exec(readFileSync(`/proc/${tid}/status`, "latin1"))?.[1]);

/** Whether all workers have more iterations than before; a role that only hands out work has units of it. */
async function progresses(set: WorkerSet): Promise<void> {
  const first = set.sample();
  await until("every worker gets on", () =>
    set.sample().every(({ workUnits, iterations }, index) => {
      const before = first[index];
      return before !== undefined && workUnits + iterations > before.workUnits + before.iterations;
    }),
  );
}

async function live(plan: WorkerPlan): Promise<{ readonly reports: WorkerReport[]; readonly stopMs: number }> {
  await using set = await startWorkers(plan);
  assert.equal(set.pids.length, plan.workers);
  assert.deepEqual(
    set.sample().map(({ stage, iterations }) => [stage, iterations]),
    set.pids.map(() => ["ready", 0]),
  );
  set.release();
  await progresses(set);
  if (describeWork(plan.workType).samples !== "none")
    await until("a latency is recorded", () => set.sample().some(({ samples }) => samples > 0));
  await progresses(set);
  const began = performance.now();
  const reports = await set.stop();
  return { reports, stopMs: performance.now() - began };
}

const needsRoot = (name: WorkTypeName): boolean => name.startsWith("Cgroup");
/** Some roles wake others and are woken by nobody. */
const sampled = (reports: readonly WorkerReport[]): number =>
  reports.reduce((sum, { latencies }) => sum + latencies.samples, 0);

for (const name of native) {
  test(`${name} works, is seen to, stops when told to and reports`, async (t) => {
    if (needsRoot(name) && !requires(t, root())) return;
    const { reports, stopMs } = await live(planOf(name, {}, targets?.procs));
    assert.ok(stopMs < scaled(1000), `${stopMs} ms`);
    assert.deepEqual(
      reports.map(({ completed, end, memPolicyError, identityError }) => [
        completed,
        end,
        memPolicyError,
        identityError,
      ]),
      reports.map(() => [true, { kind: "exited", code: 0 }, null, null]),
    );
    for (const report of reports) {
      assert.ok(report.iterations + report.workUnits > 0);
      assert.ok(report.wallTimeNs > 0 && report.cpuTimeNs > 0 && report.cpuTimeNs <= report.wallTimeNs * 1.001);
      assert.ok(report.maxGapNs > 0 && report.maxGapNs <= report.wallTimeNs);
      assert.ok(report.cpusUsed.length > 0);
    }
    assert.equal(reports[0]?.latencyKind, describeWork(name).samples);
    assert.equal(sampled(reports) > 0, describeWork(name).samples !== "none");
    if (process.getuid?.() === 0)
      assert.deepEqual(
        reports.map(({ schedPolicyError }) => schedPolicyError),
        reports.map(() => null),
      );
    // A kernel without NUMA refuses to bind memory.
    if (!name.startsWith("Numa"))
      assert.deepEqual(
        reports.map(({ failureError }) => failureError),
        reports.map(() => null),
      );
  });
}

test("workers are in their group before their first instruction of work", async (t) => {
  if (!requires(t, root())) return;
  const procs = targets?.procs[0];
  if (procs === undefined) return t.skip("no v2 hierarchy");
  await using set = await startWorkers(planOf("SpinWait", { workers: 3 }));
  for (const pid of set.pids) writeFileSync(procs, String(pid));
  assert.deepEqual(
    readFileSync(procs, "latin1").trim().split("\n").map(Number).toSorted(ascending),
    set.pids.toSorted(ascending),
  );
  assert.ok(set.sample().every(({ cpuTimeNs, iterations }) => cpuTimeNs === 0 && iterations === 0));
  set.release();
  await progresses(set);
  assert.ok((await set.stop()).every(({ completed }) => completed));
});

test("a worker that is killed is told at once and keeps what it had counted", async () => {
  const told: number[][] = [];
  await using set = await startWorkers(planOf("SpinWait", { workers: 2 }), {
    onEnd: (index, waitStatus) => void told.push([index, waitStatus]),
  });
  set.release();
  await progresses(set);
  process.kill(set.pids[1] ?? 0, "SIGKILL");
  await until("its end is told", () => told.length > 0);
  assert.deepEqual(told, [[1, 9]]);
  const [first, second] = await set.stop();
  assert.deepEqual([first?.completed, first?.end], [true, { kind: "exited", code: 0 }]);
  assert.deepEqual([second?.completed, second?.end], [false, { kind: "signaled", signal: 9 }]);
  assert.ok((second?.iterations ?? 0) > 0 && (second?.wallTimeNs ?? 0) > 0 && second?.slices === null);
});

test("the time of a worker that was killed ends with its death, and not when it is collected", async () => {
  await using set = await startWorkers(planOf("SpinWait"));
  const began = performance.now();
  set.release();
  await progresses(set);
  process.kill(set.pids[0] ?? 0, "SIGKILL");
  await until("its end is known", () => set.sample().every(({ hasEnded }) => hasEnded));
  const livedMs = performance.now() - began;
  await sleep(500);
  const [report] = await set.stop();
  const wallMs = (report?.wallTimeNs ?? 0) / 1e6;
  assert.ok(wallMs > 0 && wallMs <= livedMs, `${wallMs} of ${livedMs} ms`);
});

test("a worker that does not stop is killed when its time is over, and its report says so", async () => {
  await using set = await startWorkers(planOf("SpinWait"));
  set.release();
  await progresses(set);
  process.kill(set.pids[0] ?? 0, "SIGSTOP");
  const [report] = await set.stop({ timeoutMs: 200 });
  assert.deepEqual([report?.completed, report?.end], [false, { kind: "timed-out" }]);
  assert.ok(isGone(set.pids[0] ?? 0));
});

test("workers that nobody released have worked when they are stopped", async () => {
  await using set = await startWorkers(planOf("YieldHeavy"));
  const [report] = await set.stop();
  assert.ok(report?.completed === true && report.iterations > 0);
});

test("workers die with whoever started them", async () => {
  await using set = await startWorkers(planOf("ForkExit", { workers: 2 }));
  set.release();
  await progresses(set);
  const status = readFileSync(`/proc/${set.pids[0]}/status`, "latin1");
  process.kill(Number(/PPid:\s+(\d+)/.exec(status)?.[1]), "SIGKILL");
  await until("all have ended", () => set.pids.every(isGone));
  await set.ended;
});

test("CPUs are told apart by the cpuset that was in force", async (t) => {
  if (!requires(t, cpus(2))) return;
  await using set = await startWorkers(planOf("SpinWait"));
  const pid = set.pids[0] ?? 0;
  const none = { affinity: null, nice: null, scheduling: null };
  assert.deepEqual(applyAttributes(pid, { ...none, affinity: "0" }), none);
  set.release();
  await progresses(set);
  set.suspendCpus();
  setAffinity(pid, "1");
  set.beginCpuset();
  await progresses(set);
  await sleep(20);
  const [report] = await set.stop();
  assert.deepEqual(
    [report?.cpusByCpuset, report?.cpusUsed],
    [
      [[0], [1]],
      [0, 1],
    ],
  );
});

test("attributes hold from outside, and what the kernel refuses is told", async (t) => {
  if (!requires(t, root())) return;
  await using set = await startWorkers(planOf("SpinWait", { comm: "spinner", uid: 65_534, gid: 65_534 }));
  const pid = set.pids[0] ?? 0;
  assert.deepEqual(
    applyAttributes(pid, { affinity: "1023", nice: 5, scheduling: { policy: 3, priority: 0, deadline: null } }),
    { affinity: "EINVAL", nice: null, scheduling: null },
  );
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  assert.match(status, /^Name:\tspinner$/m);
  assert.match(status, /^Uid:(\t65534){4}$/m);
  assert.match(status, /^Gid:(\t65534){4}$/m);
  set.release();
  await progresses(set);
  const [report] = await set.stop();
  assert.deepEqual([report?.completed, report?.identityError], [true, null]);
});

test("a memory policy that the kernel refuses is in the report", async () => {
  const modeThatIsNone = 4095;
  await using set = await startWorkers(planOf("SpinWait", { memoryPolicy: { mode: modeThatIsNone, nodes: [0] } }));
  const [report] = await set.stop();
  // A kernel without NUMA has no set_mempolicy(2).
  assert.match(report?.memPolicyError ?? "", /^(EINVAL|ENOSYS)$/);
});

test("workers that cannot be made are an error, and leave nothing", async () => {
  await assert.rejects(startWorkers(planOf("IoSyncWrite", { resources: ["/no/such"] })), {
    code: "START_FAILED",
    message: "1 worker for IoSyncWrite could not be made: a worker ended with ENOENT",
  });
  await assert.rejects(startWorkers(planOf("PipeIo", { workers: 3 })), {
    code: "USAGE",
    message: "PipeIo needs a multiple of 2 workers",
    found: "3",
  });
  await assert.rejects(startWorkers(planOf("Schbench")), {
    code: "USAGE",
    message: "Schbench is not done by the worker program",
  });
});

test("latencies are of the size they must have", async () => {
  const { reports } = await live(planOf("Bursty", { parameters: { burst_us: 100, sleep_us: 2000 } }));
  const latencies = reports[0]?.latencies;
  assert.ok(latencies !== undefined && reports[0] !== undefined);
  const [median, longest] = [percentileNs(latencies, 0.5) ?? Number.NaN, reports[0].maxLatencyNs ?? Number.NaN];
  // The kernel may put a timer off by 50 µs, and never fires it early.
  assert.ok(median > 0 && median <= longest && (meanNs(latencies) ?? 0) <= longest);
  assert.ok((percentileNs(latencies, 1) ?? 0) <= longest * 1.01);
});

test("a set is closed although nobody tells of the end of its workers, and they end with their leader", async () => {
  const set = await startWorkers(planOf("SpinWait", { workers: 2 }));
  const [leader] = set.pids.map(parentOf);
  assert.ok(leader !== undefined && leader !== null && leader !== process.pid);
  process.kill(leader, "SIGSTOP");
  const reports = await set.kill();
  assert.deepEqual([reports.map(({ end }) => end.kind), set.stuck], [["lost", "lost"], set.pids]);
  await until("leader and workers are gone", () => [leader, ...set.pids].every(isGone));
});

test("workers of several kinds are threads of one process, each with counters and attributes of its own", async (t) => {
  if (!requires(t, cpus(2))) return;
  const plans = [planOf("SpinWait", { workers: 2, comm: "first" }), planOf("PipeIo", { comm: "second" })];
  const sets = await startThreads("crowd", plans);
  const pids = sets.flatMap((set) => set.pids);
  const processes = new Set(pids.map(processOf));
  const [process] = processes;
  assert.deepEqual([pids.length, new Set(pids).size, processes.size], [4, 4, 1]);
  const commOf = (path: string): string => readFileSync(`/proc/${path}/comm`, "latin1").trim();
  assert.deepEqual(
    [commOf(`${process}`), ...pids.map((pid) => commOf(`${process}/task/${pid}`))],
    ["crowd", "first", "first", "second", "second"],
  );
  assert.deepEqual(
    sets.flatMap((set) => set.processes).map((pid) => pids.includes(pid)),
    [true, true],
  );
  setAffinity(pids[0] ?? 0, "1");
  assert.ok(sets.every((set) => set.sample().every(({ iterations, stage }) => iterations === 0 && stage === "ready")));
  for (const set of sets) set.release();
  await Promise.all(sets.map(progresses));
  const reports = await Promise.all(sets.map((set) => set.stop()));
  for (const report of reports.flat()) {
    assert.deepEqual([report.completed, report.end], [true, { kind: "exited", code: 0 }]);
    assert.ok(report.iterations + report.workUnits > 0 && report.cpuTimeNs > 0);
    assert.ok(report.cpuTimeNs <= report.wallTimeNs * 1.001, `${report.cpuTimeNs} of ${report.wallTimeNs}`);
  }
  assert.deepEqual(reports[0]?.[0]?.cpusUsed, [1]);
  assert.ok(isGone(process ?? 0));
});

test("threads end together: with their process, and when one of them cannot begin", async () => {
  const sets = await startThreads("crowd", [planOf("SpinWait"), planOf("YieldHeavy", { workers: 2 })]);
  for (const set of sets) set.release();
  await Promise.all(sets.map(progresses));
  process.kill(processOf(sets[0]?.pids[0] ?? 0), "SIGKILL");
  await Promise.all(sets.map((set) => set.ended));
  const reports = await Promise.all(sets.map((set) => set.stop()));
  assert.deepEqual(
    reports.flat().map(({ completed, end }) => [completed, end.kind]),
    [0, 1, 2].map(() => [false, "signaled"]),
  );
  await assert.rejects(
    startThreads("crowd", [planOf("SpinWait"), planOf("IoSyncWrite", { resources: ["/no/such"] })]),
    {
      code: "START_FAILED",
      message: "2 workers for SpinWait, IoSyncWrite could not be made: a worker ended with ENOENT",
    },
  );
  await assert.rejects(startThreads("crowd", [planOf("ForkExit")]), { message: "ForkExit is not done by threads" });
});

for (const name of native.filter(canBeThread)) {
  test(`${name} works as threads of one process, and stops when told to`, async () => {
    const [set] = await startThreads("crowd", [planOf(name, {}, targets?.procs)]);
    assert.ok(set !== undefined);
    set.release();
    await progresses(set);
    const began = performance.now();
    const reports = await set.stop();
    assert.ok(performance.now() - began < scaled(1000));
    assert.deepEqual(
      reports.map(({ completed, end }) => [completed, end]),
      reports.map(() => [true, { kind: "exited", code: 0 }]),
    );
  });
}

test("a worker is a process group of its own, which what it makes belongs to", async () => {
  await using set = await startWorkers(planOf("ForkExit"));
  assert.deepEqual(set.pids.map(processGroupOf), set.pids);
});
