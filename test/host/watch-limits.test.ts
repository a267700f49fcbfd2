import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, describe, test } from "node:test";
import { nobody, openBench } from "../shared/bench.ts";
import { stateOf } from "../shared/processes.ts";
import { controller, requires, root } from "../shared/requires.ts";
import { until } from "../shared/timing.ts";
import { copyProgram, groupsOf, readControl, startProgram, startWatch } from "../shared/watching.ts";

const bench = openBench();
after(async () => {
  // Every watch was told to release its jobs.
  const { groups, records } = bench.leftovers();
  await bench.close();
  assert.deepEqual([groups, records], [[], []]);
});

const [one, two, three] = [copyProgram(bench, "one"), copyProgram(bench, "two"), copyProgram(bench, "three")];
const jobsDirectory = path.join(bench.stateDir, "run", "jobs");

const niceOf = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ")[16]);

describe("the limits of a rule", () => {
  test("stand on its own processes and on no others', over the defaults", async (t) => {
    if (!requires(t, root(), controller("cpu"), controller("pids"), controller("memory"))) return;
    const watch = await startWatch(
      t,
      bench,
      `version: 1
defaults: { limits: { pids-max: 77, nice: 3 } }
rules:
  - { name: cpu, match: { exe: ${one} }, limits: { cpu-max: "30000 100000", oom-score: 300, rlimit: [nofile=64:128] } }
  - { name: memory, match: { exe: ${two} }, limits: { memory-limit: 64M, pids-max: 11 } }
  - { name: plain, match: { exe: ${three} } }
`,
    );
    const pids = [one, two, three].map((file) => startProgram(t, file).pid);
    const jobs = await Promise.all(
      pids.map(async (pid) => (await watch.told("governed", (event) => event.pid === pid)).job_id),
    );
    const found = jobs.map((job, at) => ({
      pids: readControl(bench, "pids", job, "pids.max", "pids.max"),
      nice: niceOf(pids[at] ?? 0),
      groups: groupsOf(pids[at] ?? 0),
    }));
    assert.deepEqual(
      found,
      [77, 11, 77].map((most, at) => ({ pids: String(most), nice: 3, groups: [jobs[at]] })),
    );
    const quota = readControl(bench, "cpu", jobs[0] ?? "", "cpu.cfs_quota_us", "cpu.max") ?? "";
    const memory = readControl(bench, "memory", jobs[1] ?? "", "memory.limit_in_bytes", "memory.max");
    const nofile = /^Max open files\s+(\d+)\s+(\d+)/m.exec(readFileSync(`/proc/${pids[0]}/limits`, "latin1"));
    assert.deepEqual(
      [quota.split(" ")[0], memory, readFileSync(`/proc/${pids[0]}/oom_score_adj`, "latin1").trim(), nofile?.slice(1)],
      ["30000", String(64 * 2 ** 20), "300", ["64", "128"]],
    );
    await watch.stop();
    assert.deepEqual(
      pids.map((pid) => [niceOf(pid), groupsOf(pid)]),
      pids.map(() => [0, []]),
    );
  });

  test("reach descendants that live already, unless the rule governs no trees", async (t) => {
    if (!requires(t, root(), controller("pids"))) return;
    const shell = copyProgram(bench, "tree", "/bin/dash");
    for (const tree of [true, false]) {
      const parent = startProgram(t, shell, ["-c", `${one} 600 & echo $! >${bench.dir}/child; wait`]);
      await until("the child runs", () => childOf(bench.dir) !== null);
      const child = childOf(bench.dir) ?? 0;
      const watch = await startWatch(
        t,
        bench,
        `version: 1\nrules:\n  - { name: r, match: { exe: ${shell} }, limits: { pids-max: 50 }, tree: ${tree} }\n`,
      );
      const { job_id } = await watch.told("governed", ({ pid }) => pid === parent.pid);
      assert.deepEqual([groupsOf(parent.pid), groupsOf(child)], [[job_id], tree ? [job_id] : []]);
      await watch.stop();
      process.kill(child, "SIGKILL");
      await parent.ended;
      rmSync(path.join(bench.dir, "child"));
    }
  });

  test("that cannot all be had are told, and with strict the process is left as it is", async (t) => {
    if (!requires(t, root(), controller("pids"))) return;
    const limits = "limits: { pids-max: 50, nice: 4, rlimit: [nofile=64], cpuset-partition: member, zswap-max: 1M }";
    const watch = await startWatch(
      t,
      bench,
      `version: 1
rules:
  - { name: loose, match: { exe: ${one} }, ${limits} }
  - { name: strict, match: { exe: ${two} }, strict: true, ${limits} }
`,
    );
    const loose = startProgram(t, one);
    const governed = await watch.told("governed", ({ pid }) => pid === loose.pid);
    if (governed.lacking.length === 0) {
      t.skip("this host can enforce every one of these limits");
      await watch.stop();
      return;
    }
    const strict = startProgram(t, two);
    const failed = await watch.told("failed", ({ pid }) => pid === strict.pid);
    assert.deepEqual([failed.code, failed.retry_ms, failed.attempt], ["STRICT_REFUSED", null, 1]);
    assert.deepEqual([niceOf(strict.pid), groupsOf(strict.pid)], [0, []]);
    await watch.stop();
  });
});

const childOf = (dir: string): number | null => {
  try {
    const pid = Number(readFileSync(`${dir}/child`, "latin1"));
    return pid > 0 && stateOf(pid) === "S" ? pid : null;
  } catch {
    return null;
  }
};

describe("an attach that fails", () => {
  /** While this stands in the place of a directory, nothing can be recorded. */
  const breakState = (): void => {
    rmSync(jobsDirectory, { recursive: true, force: true });
    mkdirSync(path.dirname(jobsDirectory), { recursive: true });
    writeFileSync(jobsDirectory, "");
  };
  const repairState = (): void => rmSync(jobsDirectory);

  const text = (attempts: number): string => `version: 1
scan_interval: 100ms
retry: { attempts: ${attempts}, initial: 100ms, max: 150ms }
rules:
  - { name: r, match: { exe: ${one} }, limits: { pids-max: 50 } }
`;

  test("for a reason that may pass is tried again after growing pauses, until it works", async (t) => {
    breakState();
    const watch = await startWatch(t, bench, text(50));
    const { pid } = startProgram(t, one);
    await watch.told("failed", ({ attempt }) => attempt === 4);
    repairState();
    const { job_id } = await watch.told("governed", (event) => event.pid === pid);
    assert.deepEqual(
      watch
        .all("failed")
        .slice(0, 4)
        .map(({ code, attempt, retry_ms }) => [code, attempt, retry_ms]),
      [
        ["STATE_UNWRITABLE", 1, 100],
        ["STATE_UNWRITABLE", 2, 150],
        ["STATE_UNWRITABLE", 3, 150],
        ["STATE_UNWRITABLE", 4, 150],
      ],
    );
    const at = watch.all("failed").map(({ time }) => Date.parse(time));
    assert.ok((at[2] ?? 0) - (at[0] ?? 0) >= 240, "the pauses are kept");
    assert.deepEqual(groupsOf(pid), [job_id]);
    await watch.stop();
  });

  test("to its last attempt is left alone, scans or not, until it executes another program", async (t) => {
    breakState();
    const shell = copyProgram(bench, "again", "/bin/dash");
    const watch = await startWatch(t, bench, text(3).replaceAll(one, shell));
    const program = startProgram(t, shell, ["-c", `read line; exec ${shell} -c 'read line'`]);
    await watch.told("failed", ({ retry_ms }) => retry_ms === null);
    repairState();
    const marker = startProgram(t, shell, ["-c", "read line"]);
    await watch.told("governed", ({ pid }) => pid === marker.pid);
    const from = performance.now();
    await until("several scans have passed", () => performance.now() - from > 500);
    assert.deepEqual(
      watch.all("failed").map(({ attempt, retry_ms }) => [attempt, retry_ms]),
      [
        [1, 100],
        [2, 150],
        [3, null],
      ],
    );
    assert.deepEqual(
      watch.all("governed").map(({ pid }) => pid),
      [marker.pid],
    );
    program.tell("go");
    await watch.told("governed", ({ pid }) => pid === program.pid);
    await watch.stop();
  });

  test("is called off when the process ends", async (t) => {
    breakState();
    const watch = await startWatch(t, bench, text(100));
    const program = startProgram(t, one);
    await watch.told("failed");
    process.kill(program.pid, "SIGKILL");
    await program.ended;
    const from = performance.now();
    await until("it has been gone for a while", () => performance.now() - from > 300);
    const count = watch.all("failed").length;
    const later = performance.now();
    await until("several pauses have passed", () => performance.now() - later > 500);
    assert.equal(watch.all("failed").length, count);
    repairState();
    await watch.stop();
  });
});

test("a process in a unit of systemd is left to it, once and for all, until it executes a program elsewhere", async (t) => {
  if (!requires(t, root())) return;
  const [directory = ""] = bench.parent.directories;
  const unit = `${directory}/test.service`;
  mkdirSync(unit);
  const shell = copyProgram(bench, "managed", "/bin/dash");
  const watch = await startWatch(
    t,
    bench,
    `version: 1\nscan_interval: 100ms\nrules:\n  - { name: r, match: { exe: ${shell} }, limits: { pids-max: 50 } }\n`,
  );
  const inner = `read line; echo $$ >${directory}/cgroup.procs; exec ${shell} -c 'read line'`;
  const program = startProgram(t, "/bin/sh", [
    "-c",
    `echo $$ >${unit}/cgroup.procs; exec ${shell} -c "$1"`,
    "sh",
    inner,
  ]);
  const failed = await watch.told("failed", ({ pid }) => pid === program.pid);
  assert.deepEqual([failed.code, failed.retry_ms], ["PROCESS_MANAGED", null]);
  const from = performance.now();
  await until("several scans have passed", () => performance.now() - from > 500);
  assert.deepEqual([watch.all("failed").length, groupsOf(program.pid)], [1, []]);
  program.tell("go");
  await watch.told("governed", ({ pid }) => pid === program.pid);
  await watch.stop();
  program.tell("end");
  await program.ended;
  rmdirSync(unit);
});

test("without root the watch says which limits will not reach others, and governs its own", async (t) => {
  if (!requires(t, root())) return;
  const mine = copyProgram(bench, "mine");
  const watch = await startWatch(
    t,
    bench,
    `version: 1\nscan_interval: 200ms\nrules:\n  - { name: r, match: { comm: mine }, limits: { pids-max: 50, oom-score: 5 } }\n`,
    ["--on-stop", "release"],
    { uid: nobody },
  );
  // They are told after "started".
  await until("both warnings are told", () => watch.all("warning").length >= 2);
  assert.deepEqual(
    watch.all("warning").map(({ message }) => message),
    [
      "rule r, limits of groups: only root can set them on the processes of other users",
      "rule r, oom-score: it takes CAP_DAC_OVERRIDE for the processes of other users, and CAP_SYS_RESOURCE to lower it",
    ],
  );
  const own = startProgram(t, mine, ["600"], { uid: nobody });
  const governed = await watch.told("governed", ({ pid }) => pid === own.pid);
  assert.equal(readFileSync(`/proc/${own.pid}/oom_score_adj`, "latin1"), "5\n");
  assert.deepEqual(
    governed.lacking.map((line) => line.split(" ")[0]),
    ["pids-max"],
  );
  await watch.stop();
});
