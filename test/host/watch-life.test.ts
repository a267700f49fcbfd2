import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import { after, describe, test } from "node:test";
import type { RunReport } from "../../src/report/index.ts";
import { openBench } from "../shared/bench.ts";
import { controller, requires, root } from "../shared/requires.ts";
import { sleep, until } from "../shared/timing.ts";
import type { Program, Watching } from "../shared/watching.ts";
import { copyProgram, groupsOf, readControl, startProgram, startWatch } from "../shared/watching.ts";

const bench = openBench();
after(async () => {
  const { groups, records } = bench.leftovers();
  await bench.close();
  assert.deepEqual([groups, records], [[], []]);
});

const keep: readonly string[] = [];
const shell = copyProgram(bench, "worker", "/bin/dash");
/** Ends with this code when it is told to. */
const worker = (t: TestContext, code = 0): Program => startProgram(t, shell, ["-c", `read line; exit ${code}`]);

const rules = (...lines: readonly string[]): string =>
  ["version: 1", "scan_interval: 300ms", "rules:", ...lines, ""].join("\n");
const rule = (limits: string, more = ""): string =>
  rules(`  - { name: r, match: { exe: ${shell} }, limits: { ${limits} }${more} }`);

const governed = (watch: Watching, { pid }: Program): Promise<{ readonly job_id: string }> =>
  watch.told("governed", (event) => event.pid === pid);

const pidsMax = (jobId: string): string | null => readControl(bench, "pids", jobId, "pids.max", "pids.max");

const resultOf = (jobId: string): RunReport => {
  const names = readdirSync(path.join(bench.stateDir, "results")).filter((name) => name.startsWith(`${jobId}~`));
  assert.equal(names.length, 1, `results of ${jobId}: ${names.join(" ")}`);
  return JSON.parse(readFileSync(path.join(bench.stateDir, "results", names[0] ?? ""), "utf8")) as RunReport;
};

const claims = (): string[] => readdirSync(path.join(bench.stateDir, "run", "processes")).sort();

describe("reading the rules again", () => {
  test("changes the limits of jobs whose rule changed, in place, and their results say so", async (t) => {
    if (!requires(t, root(), controller("pids"), controller("memory"))) return;
    const watch = await startWatch(t, bench, rule("pids-max: 50", ", tags: { v: one }"));
    const one = worker(t);
    const { job_id } = await governed(watch, one);
    await watch.reload(rule("pids-max: 60, memory-limit: 64M", ", tags: { v: two }"));
    const changed = await watch.told("changed", (event) => event.job_id === job_id);
    assert.deepEqual([changed.rule, changed.lacking], ["r", []]);
    assert.deepEqual(
      [pidsMax(job_id), readControl(bench, "memory", job_id, "memory.limit_in_bytes", "memory.max"), groupsOf(one.pid)],
      ["60", String(64 * 2 ** 20), [job_id]],
    );
    await watch.reload(rule("pids-max: 60, memory-limit: 64M", ", tags: { v: two }"));
    one.tell();
    await watch.told("ended");
    assert.equal(watch.all("changed").length, 1, "equal rules change nothing");
    const { constraints, tags } = resultOf(job_id);
    assert.deepEqual(
      [constraints.map(({ name, requested }) => `${name} ${requested}`).toSorted(), tags["v"]],
      [["memory-limit 64 MiB", "pids-max 60"], "two"],
    );
    await watch.stop();
  });

  test("undoes a limit that a rule has no more, and sets the others anew", async (t) => {
    if (!requires(t, root(), controller("pids"))) return;
    const watch = await startWatch(t, bench, rule("pids-max: 50, oom-score: 100"));
    const one = worker(t);
    const first = await governed(watch, one);
    await watch.reload(rule("pids-max: 40"));
    const released = await watch.told("released");
    assert.deepEqual([released.job_id, released.why, released.not_restored], [first.job_id, "its rule changed", []]);
    const second = await watch.told("governed", ({ job_id }) => job_id !== first.job_id);
    assert.equal(readFileSync(`/proc/${one.pid}/oom_score_adj`, "utf8"), "0\n");
    assert.deepEqual([pidsMax(second.job_id), groupsOf(one.pid)], ["40", [second.job_id]]);
    await watch.stop();
  });

  test("lets go of processes that no rule wants, and finds those that a new one wants", async (t) => {
    const other = copyProgram(bench, "other");
    const watch = await startWatch(t, bench, rule("pids-max: 50"));
    const one = worker(t);
    const sleeper = startProgram(t, other);
    await governed(watch, one);
    assert.deepEqual(groupsOf(sleeper.pid), []);
    await watch.reload(rules(`  - { name: s, match: { exe: ${other} }, limits: { pids-max: 30 } }`));
    const { why } = await watch.told("released");
    const { rule: name } = await watch.told("governed", ({ pid }) => pid === sleeper.pid);
    assert.deepEqual([why, name, groupsOf(one.pid)], ["no rule matches any more", "s", []]);
    await watch.stop();
  });

  test("with mistakes in the file keeps the rules that were there", async (t) => {
    const watch = await startWatch(t, bench, rule("pids-max: 50"));
    const one = worker(t);
    await governed(watch, one);
    const failed = await watch.reload(rule("pids-max: none at all"));
    assert.equal(failed.event, "reload_failed");
    assert.match(failed.event === "reload_failed" ? (failed.problems[0] ?? "") : "", /watch\.yaml:4:\d+: .*pids-max/);
    const two = worker(t);
    const { job_id } = await governed(watch, two);
    assert.deepEqual([pidsMax(job_id), watch.all("released")], ["50", []]);
    await watch.stop();
  });

  test("says which keys need a new start", async (t) => {
    const watch = await startWatch(t, bench, rule("pids-max: 50"));
    const told = await watch.reload(
      rule("pids-max: 50").replace("rules:", `listen: "unix:${bench.dir}/x"\ndiscovery: scan\nrules:`),
    );
    assert.deepEqual(told.event === "reloaded" ? told.needs_restart : null, ["discovery", "listen"]);
    await watch.stop();
  });

  test("keeps a process that has become too old for the rule which chose it", async (t) => {
    const text = rules(`  - { name: r, match: { exe: ${shell}, max_age: 5s }, limits: { pids-max: 50 } }`);
    const watch = await startWatch(t, bench, text);
    const one = worker(t);
    const { job_id } = await governed(watch, one);
    const from = performance.now();
    await until("it is too old", () => performance.now() - from > 5200);
    await watch.reload(text);
    assert.deepEqual([watch.all("released"), groupsOf(one.pid)], [[], [job_id]]);
    await watch.stop();
  });
});

describe("the end of a watch", () => {
  test("keeps the jobs for the next one, which takes them up; their ends are told with their exit codes", async (t) => {
    const first = await startWatch(t, bench, rule("pids-max: 50"), keep);
    const programs = [worker(t, 7), worker(t, 0), worker(t, 9)];
    const jobs = await Promise.all(programs.map(async (one) => (await governed(first, one)).job_id));
    const { status, err } = await first.stop();
    const stopped = first.all("stopped")[0];
    assert.deepEqual([status, err, stopped?.why, stopped?.jobs, stopped?.governed], [0, "", "SIGTERM", "keep", 3]);
    assert.deepEqual(
      programs.map(({ pid }) => groupsOf(pid)),
      jobs.map((job) => [job]),
    );
    const second = await startWatch(t, bench, rule("pids-max: 50"));
    await until("all are taken up", () => second.all("taken_up").length === 3);
    const extra = worker(t);
    await governed(second, extra);
    assert.deepEqual(
      second.all("governed").map(({ pid }) => pid),
      [extra.pid],
    );
    for (const one of programs) one.tell();
    await until("all have ended", () => second.all("ended").length === 3);
    assert.deepEqual(
      jobs.map((job) => {
        const { exit_code, exit_code_known } = resultOf(job);
        return [exit_code, exit_code_known];
      }),
      [7, 0, 9].map((code) => [code, true]),
    );
    await second.stop();
  });

  test("may release them all, with everything as it was before", async (t) => {
    const watch = await startWatch(t, bench, rule("pids-max: 50, oom-score: 77"));
    const one = worker(t);
    await governed(watch, one);
    await watch.stop("SIGINT");
    assert.deepEqual(
      [groupsOf(one.pid), readFileSync(`/proc/${one.pid}/oom_score_adj`, "utf8"), watch.all("released").length],
      [[], "0\n", 1],
    );
  });

  test("lets the next one change what it took up to the rules of its own file", async (t) => {
    const first = await startWatch(t, bench, rule("pids-max: 50, oom-score: 77"), keep);
    const one = worker(t);
    await governed(first, one);
    await first.stop();
    const second = await startWatch(t, bench, rule("pids-max: 20"));
    const { job_id } = await governed(second, one);
    assert.deepEqual(
      [second.all("released")[0]?.why, pidsMax(job_id), readFileSync(`/proc/${one.pid}/oom_score_adj`, "utf8")],
      ["its rule changed", "20", "0\n"],
    );
    await second.stop();
  });
});

test("a second watch of the same state is refused, while the first lives, whichever way that ended", async (t) => {
  const watch = await startWatch(t, bench, rule("pids-max: 50"));
  const second = await bench.corral(["watch", "--config", watch.file]);
  assert.equal(second.status, 125);
  assert.match(
    second.err,
    new RegExp(
      `^\\[corral\\] another corral watch \\(pid ${watch.started.pid}\\) governs the jobs of this state directory; `,
    ),
  );
  watch.started.kill("SIGKILL");
  await watch.started.ended;
  const third = await startWatch(t, bench, rule("pids-max: 50"));
  await third.stop();
});

test("killed at any moment, a watch loses no process and governs none twice; the next has all, and true exit codes", async (t) => {
  if (!requires(t, root(), controller("pids"), controller("memory"))) return;
  const text = rule("pids-max: 50, memory-limit: 64M, oom-score: 50");
  const programs: Program[] = [];
  const killed: string[] = [];
  for (let round = 0; round < 8; round += 1) {
    const watch = await startWatch(t, bench, text, keep);
    for (let index = 0; index < 5; index += 1) programs.push(worker(t, programs.length % 100));
    // Whatever it is doing then: each round is killed a little later.
    await sleep(round * 20);
    watch.started.kill("SIGKILL");
    await watch.started.ended;
    killed.push(`${watch.all("governed").length} governed, ${watch.all("taken_up").length} taken up`);
  }
  t.diagnostic(killed.join("; "));
  const last = await startWatch(t, bench, text, keep);
  const inCare = (): Map<number, string> =>
    new Map(
      last
        .events()
        .flatMap((event) =>
          event.event === "governed" || event.event === "taken_up" ? [[event.pid, event.job_id] as const] : [],
        ),
    );
  await until(
    "all are governed",
    () => programs.every(({ pid }) => groupsOf(pid).length === 1) && inCare().size >= 40,
    20_000,
  );
  // Beside them a record may be locked for a moment.
  const left = (): string[] => bench.records().filter((name) => !name.endsWith(".lock"));
  await until("records are those of the processes", () => left().length === programs.length);
  const care = inCare();
  assert.deepEqual(
    programs.map(({ pid }) => groupsOf(pid)),
    programs.map(({ pid }) => [care.get(pid)]),
  );
  assert.equal(claims().length, programs.length);
  assert.deepEqual(
    programs.map(({ pid }) => pidsMax(care.get(pid) ?? "")),
    programs.map(() => "50"),
  );
  for (const one of programs) one.tell();
  await until("all have ended", () => last.all("ended").length === programs.length, 20_000);
  assert.deepEqual(
    programs.map(({ pid }) => resultOf(care.get(pid) ?? "").exit_code),
    programs.map((_, index) => index),
  );
  await last.stop();
});

describe("no process is governed twice", () => {
  test("when two rules fit, when events and scans race, and when its parent is governed later", async (t) => {
    if (!requires(t, root(), controller("pids"))) return;
    const [parent, child] = [copyProgram(bench, "parent", "/bin/dash"), copyProgram(bench, "child")];
    const watch = await startWatch(
      t,
      bench,
      `version: 1
scan_interval: 100ms
rules:
  - { name: first, match: { exe: ${child} }, limits: { pids-max: 30 } }
  - { name: second, match: { exe: ["${child}", "${shell}"] }, limits: { pids-max: 20 } }
  - { name: parents, match: { exe: ${parent}, min_age: 1s }, limits: { pids-max: 40 } }
`,
    );
    const crowd = Array.from({ length: 30 }, () => startProgram(t, child));
    const tree = startProgram(t, parent, ["-c", `${child} 600 & ${parent} -c 'read line' & read line; kill $!`]);
    const told = await watch.told("governed", ({ pid }) => pid === tree.pid);
    await until("all are governed", () => watch.all("governed").length >= 32);
    const seen = watch.all("governed").map(({ pid }) => pid);
    assert.equal(new Set(seen).size, seen.length);
    const inner = watch.all("governed").find(({ pid }) => pid !== tree.pid && !crowd.some((one) => one.pid === pid));
    assert.deepEqual([inner?.rule, told.rule], ["first", "parents"]);
    assert.deepEqual(
      crowd.map(({ pid }) => groupsOf(pid)),
      crowd.map(({ pid }) => watch.all("governed").flatMap((one) => (one.pid === pid ? [one.job_id] : []))),
    );
    assert.deepEqual([groupsOf(inner?.pid ?? 0), groupsOf(tree.pid)], [[inner?.job_id], [told.job_id]]);
    assert.equal(bench.records().filter((name) => name.endsWith(".json")).length, 32);
    await watch.stop();
    process.kill(inner?.pid ?? 0, "SIGKILL");
    tree.tell();
    await tree.ended;
  });

  test("when corral run has it already", async (t) => {
    const watch = await startWatch(t, bench, rule("pids-max: 50"));
    const job = bench.start(["run", "--quiet", "--job-id", "own", "--pids-max", "60", "--", shell, "-c", "sleep 2"]);
    const marker = worker(t);
    await until("it runs", () => bench.records().includes("own.json"));
    await governed(watch, marker);
    await watch.reload(rule("pids-max: 50"));
    assert.deepEqual(
      watch.all("governed").map(({ pid }) => pid),
      [marker.pid],
    );
    assert.equal((await job.ended).status, 0);
    await watch.stop();
  });
});
