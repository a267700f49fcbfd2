import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { after, test } from "node:test";
import {
  identityOf,
  listTasks,
  readNice,
  readOomScore,
  readProcessStat,
  rlimits,
  setAffinity,
  setNice,
  setOomScore,
  setRlimit,
} from "../../src/kernel/index.ts";
import { treeOf } from "../../src/run/attach/index.ts";
import { noAttributes } from "../../src/run/index.ts";
import type { Target } from "../shared/attach.ts";
import { attachTo, directoriesOf, startTarget, stateOfProcess, threadedProgram } from "../shared/attach.ts";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { killQuietly, readProc } from "../shared/processes.ts";
import { controller, cpus, requires, root } from "../shared/requires.ts";
import { until } from "../shared/timing.ts";

const bench = openBench();

const everything = {
  limits: { pidsMax: 100, cpuMax: { quotaUs: 50_000, periodUs: 100_000 } },
  attributes: {
    ...noAttributes,
    nice: 5,
    oomScore: 200,
    ioPriority: { class: "best-effort", level: 6 },
    sched: { policy: "batch", priority: 0 },
    // The hard limit stays: raising it again would need CAP_SYS_RESOURCE.
    rlimits: [{ resource: "cpu", soft: 1000, hard: "max" }],
  },
} as const;

const kill = async ({ child, ended }: Target): Promise<void> => {
  child.kill("SIGKILL");
  await ended;
};

const threadsOf = (pid: number): number => listTasks(pid).length;

test("attributes reach every thread, and every one goes back to its own value", async (t) => {
  if (!requires(t, root())) return;
  const target = await startTarget(bench, threadedProgram);
  await until("all threads run", () => threadsOf(target.pid) >= 11);
  const tasks = listTasks(target.pid);
  const odd = tasks[3] ?? 0;
  setNice(odd, 3);
  setOomScore(target.pid, 77);
  const before = stateOfProcess(target.pid);
  const job = await attachTo(bench, target.identity, { attributes: { ...noAttributes, nice: 8, oomScore: 200 } });
  assert.deepEqual(
    listTasks(target.pid).map(readNice),
    tasks.map(() => 8),
  );
  await job.detach("test");
  assert.equal(readNice(odd), 3);
  assert.deepEqual(stateOfProcess(target.pid), before);
  await kill(target);
});

test("everything that can be set on a process, and its group in every hierarchy, is as it was after the attach", async (t) => {
  if (!requires(t, root(), controller("pids"))) return;
  const target = await startTarget(bench);
  const before = stateOfProcess(target.pid);
  const job = await attachTo(bench, target.identity, { ...everything, account: true });
  const during = stateOfProcess(target.pid);
  for (const part of ["cgroup", "oomScore", "rlimits", "threads"])
    assert.notDeepEqual(during[part], before[part], part);
  const report = await job.detach("test");
  assert.deepEqual(report.attach?.not_restored, []);
  assert.deepEqual(stateOfProcess(target.pid), before);
  await kill(target);
});

test("a value that somebody else has changed meanwhile stays his", async (t) => {
  if (!requires(t, root(), cpus(2))) return;
  const target = await startTarget(bench);
  const job = await attachTo(bench, target.identity, {
    attributes: {
      ...noAttributes,
      nice: 5,
      oomScore: 200,
      affinity: "0",
      rlimits: [{ resource: "cpu", soft: 1000, hard: "max" }],
    },
  });
  setNice(target.pid, 12);
  setOomScore(target.pid, 300);
  setAffinity(target.pid, "1");
  setRlimit(target.pid, { resource: rlimits.cpu, soft: 4096n, hard: null });
  const now = stateOfProcess(target.pid);
  await job.detach("test");
  assert.deepEqual(stateOfProcess(target.pid), now);
  await kill(target);
});

test("an affinity that a cpuset has cut goes back whole", async (t) => {
  if (!requires(t, root(), controller("cpuset"), cpus(2))) return;
  const target = await startTarget(bench);
  setAffinity(target.pid, "0-1");
  const before = stateOfProcess(target.pid);
  const job = await attachTo(bench, target.identity, {
    limits: { cpusetCpus: "1" },
    attributes: { ...noAttributes, affinity: "0-1" },
  });
  assert.notDeepEqual(stateOfProcess(target.pid), before);
  await job.detach("test");
  assert.deepEqual(stateOfProcess(target.pid), before);
  await kill(target);
});

test("the whole tree is adopted, with its own values, and what it bears meanwhile goes back with it", async (t) => {
  if (!requires(t, root(), controller("pids"))) return;
  const go = bench.fresh("go");
  const script = `sleep 1000 & (sleep 1000 & wait) & while [ ! -e ${go} ]; do sleep 0.02; done; sleep 1001 & wait`;
  const target = await startTarget(bench, ["sh", "-c", script]);
  const sleepers = () => treeOf(target.identity).filter(({ pid }) => readProc(`${pid}/cmdline`) === "sleep\x001000\0");
  await until("the tree has grown", () => sleepers().length === 2);
  // The loop's short sleeps come and go, and bear the shell's name at first: those that last are the sleepers and their shells.
  const parents = new Set(sleepers().map(({ pid }) => readProcessStat(pid)?.ppid));
  const lasting = [...treeOf(target.identity).filter(({ pid }) => parents.has(pid)), ...sleepers()];
  assert.equal(lasting.length, 4);
  const child = sleepers()[0]?.pid ?? 0;
  setNice(child, 2);
  const before = lasting.map(({ pid }) => stateOfProcess(pid));
  const job = await attachTo(bench, target.identity, everything);
  const groups = readFileSync(`${bench.parent.groupOf("pids", job.jobId)}/cgroup.procs`, "utf8");
  for (const { pid } of lasting) assert.match(groups, new RegExp(`^${pid}$`, "m"));
  writeFileSync(go, "");
  const young = () => treeOf(target.identity).find(({ pid }) => readProc(`${pid}/cmdline`) === "sleep\x001001\0");
  await until("a child was born", () => young() !== undefined);
  const born = young()?.pid ?? 0;
  assert.deepEqual([readNice(born), readOomScore(born)], [5, 200]);
  await job.detach("test");
  assert.deepEqual(
    lasting.map(({ pid }) => stateOfProcess(pid)),
    before,
  );
  const { cgroup, oomScore, threads } = stateOfProcess(born);
  const leader = stateOfProcess(target.pid);
  assert.deepEqual([cgroup, oomScore], [leader["cgroup"], leader["oomScore"]]);
  assert.deepEqual(
    (threads as { nice: number }[]).map(({ nice }) => nice),
    [0],
  );
  for (const { pid } of treeOf(target.identity).toReversed()) killQuietly(pid);
  await target.ended;
});

test("a child that is born without a group and inherits an attribute goes back too", async () => {
  const target = await startTarget(bench, ["sh", "-c", "read line; sleep 1000 & wait"]);
  const job = await attachTo(bench, target.identity, { attributes: { ...noAttributes, oomScore: 400 } });
  target.say("go");
  await until("the child runs", () => treeOf(target.identity).length === 2);
  const child = treeOf(target.identity)[1]?.pid ?? 0;
  assert.equal(readOomScore(child), 400);
  await job.detach("test");
  assert.deepEqual([readOomScore(target.pid), readOomScore(child)], [0, 0]);
  process.kill(child, "SIGKILL");
  await kill(target);
});

test("--no-tree leaves descendants alone, but what is born later is in the group", async (t) => {
  if (!requires(t, root(), controller("pids"))) return;
  const target = await startTarget(bench, ["sh", "-c", "sleep 1000 & read line; sleep 1001 & wait"]);
  await until("the first child runs", () => treeOf(target.identity).length === 2);
  const first = treeOf(target.identity)[1]?.pid ?? 0;
  const before = stateOfProcess(first);
  const job = await attachTo(bench, target.identity, { ...everything, tree: false });
  assert.deepEqual(stateOfProcess(first), before);
  target.say("go");
  await until("the second child runs", () => treeOf(target.identity).length === 3);
  const second = treeOf(target.identity).find(({ pid }) => pid !== target.pid && pid !== first)?.pid ?? 0;
  assert.equal(readProc(`${second}/cgroup`), readProc(`${target.pid}/cgroup`));
  await job.detach("test");
  assert.deepEqual(stateOfProcess(first), before);
  assert.equal(readProc(`${second}/cgroup`), readProc(`${target.pid}/cgroup`));
  for (const pid of [first, second]) process.kill(pid, "SIGKILL");
  await kill(target);
});

/** Processes that bear the mark of the storm, which no process around it has. */
const stormOf = (mark: string): number[] =>
  readdirSync("/proc").flatMap((name) => {
    const pid = Number(name);
    return Number.isInteger(pid) && (readProc(`${pid}/environ`)?.includes(mark) ?? false) ? [pid] : [];
  });

test("a tree that forks all the time is adopted whole: nobody is left outside, and nobody stays inside afterwards", async (t) => {
  if (!requires(t, root(), controller("pids"))) return;
  const mark = `STORM=${bench.parent.name}`;
  const fork = "while :; do (sleep 0.01; (sleep 0.02) & wait) & sleep 0.005; done";
  t.after(() =>
    until("the storm is over", () => {
      for (const pid of stormOf(mark)) killQuietly(pid);
      return stormOf(mark).length === 0;
    }),
  );
  const target = await startTarget(bench, ["env", mark, "sh", "-c", `${fork} & ${fork} & ${fork}`]);
  await until("the storm rages", () => stormOf(mark).length > 8, 60_000);
  for (let round = 0; round < 5; round += 1) {
    const job = await attachTo(bench, target.identity, { limits: { pidsMax: 4000 } });
    const group = `${bench.parent.name}/corral-${job.jobId}`;
    const outside = () =>
      stormOf(mark).filter((pid) => {
        const lines = readProc(`${pid}/cgroup`);
        return (
          lines !== null &&
          lines !== "" &&
          /:pids:|^0::/m.test(lines) &&
          !lines.includes(group) &&
          identityOf(pid) !== null
        );
      });
    // A child that lost its parent in the middle of the move is init's and no longer of this tree: it lives 20 ms.
    await until("nobody of the storm is outside", () => outside().length === 0, 2000);
    const report = await job.detach("test");
    assert.deepEqual([report.attach?.not_restored, report.warnings], [[], []]);
    assert.deepEqual(bench.leftovers().groups, []);
  }
});

const descriptors = (): number => readdirSync("/proc/self/fd").length;

test("1,000 attaches to one process, undone each, leave no group, claim, record, descriptor or changed value", async (t) => {
  if (!requires(t, root(), controller("pids"))) return;
  const target = await startTarget(bench, ["sh", "-c", "sleep 1000 & wait"]);
  await until("the child runs", () => treeOf(target.identity).length === 2);
  const pids = treeOf(target.identity).map(({ pid }) => pid);
  const before = pids.map(stateOfProcess);
  const open = descriptors();
  const kept = await attachTo(bench, target.identity, { limits: { pidsMax: 100 } });
  await kept.detach("test");
  for (let round = 0; round < 1000; round += 1) {
    const job = await attachTo(bench, target.identity, {
      limits: { pidsMax: 100 },
      attributes: { ...noAttributes, nice: 1 + (round % 19), oomScore: round },
    });
    if (round % 100 === 0) assert.equal(readNice(target.pid), 1 + (round % 19));
    const { attach } = await job.detach("test");
    assert.deepEqual(attach?.not_restored, []);
  }
  assert.deepEqual(pids.map(stateOfProcess), before);
  assert.deepEqual(bench.leftovers().groups, []);
  assert.deepEqual(bench.records(), []);
  assert.deepEqual(readdirSync(`${directoriesOf(bench).runtime}/processes`), []);
  await until("the descriptors are closed", () => descriptors() <= open + 2);
  process.kill(pids[1] ?? 0, "SIGKILL");
  await kill(target);
});

test("twenty attaches from the command line leave nothing either", async (t) => {
  if (!requires(t, root(), controller("pids"))) return;
  const target = await startTarget(bench);
  const before = stateOfProcess(target.pid);
  for (let round = 0; round < 20; round += 1) {
    const { status, err } = await bench.corral([
      "attach",
      "--pid",
      String(target.pid),
      "--job-id",
      "again",
      "--pids-max",
      "9",
      "--nice",
      "4",
      "--once",
    ]);
    assert.equal(status, 0, err);
    assert.equal((await bench.corral(["detach", "again"])).status, 0);
  }
  assert.deepEqual(stateOfProcess(target.pid), before);
  assert.deepEqual([bench.leftovers().groups, bench.records()], [[], []]);
  await kill(target);
});

test("memory that was there before is told, and the outcome says what the limit covers", async (t) => {
  if (!requires(t, root(), controller("memory"))) return;
  const script = "const block = Buffer.alloc(64 * 2 ** 20, 1); process.stdin.resume();";
  const target = await startTarget(bench, [process.execPath, "-e", script]);
  const anonymous = () => Number(/RssAnon:\s+(\d+)/.exec(readProc(`${target.pid}/status`) ?? "")?.[1] ?? 0) * 1024;
  await until("it has its memory", () => anonymous() > 64 * 2 ** 20);
  const job = await attachTo(bench, target.identity, { limits: { memoryMax: 32 * 2 ** 20 } });
  const report = await job.detach("test");
  assert.ok((report.attach?.memory_elsewhere_bytes ?? 0) >= 64 * 2 ** 20);
  assert.deepEqual(
    report.constraints.map(({ name, status, reason }) => [name, status, reason]),
    [["memory-limit", "applied", "covers future allocations only: what was allocated before stays charged elsewhere"]],
  );
  assert.ok(existsSync(`/proc/${target.pid}`), "a limit below what it has does not end it");
  await kill(target);
});

after(() => {
  assert.equal(readFileSync("/proc/self/oom_score_adj", "utf8"), "0\n");
});
expectNoLeftovers(bench);
