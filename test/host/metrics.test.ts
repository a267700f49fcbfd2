import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { openMetrics } from "../../src/run/metrics/index.ts";
import { nobody, openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { parsePrometheus } from "../shared/prometheus.ts";
import { controller, program, requires, root } from "../shared/requires.ts";
import { until } from "../shared/timing.ts";

const bench = openBench();
const resultsOf = (state: string): string => path.join(state, "results");

/** Every series that is not 0, by name; of a duration only how many there were. */
function counted(text: string): Record<string, number> {
  const series = Object.values(parsePrometheus(text)).flatMap((family) => Object.entries(family.series));
  const uncertain = /_bucket|_sum|_seconds_total|corral_build_info/;
  return Object.fromEntries(series.filter(([name, value]) => value !== 0 && !uncertain.test(name)));
}

async function metrics(state: string, ...flags: readonly string[]): Promise<string> {
  const { status, out, err } = await bench.corral(["metrics", ...flags], { env: { CORRAL_STATE_DIR: state } });
  assert.deepEqual([status, err], [0, ""]);
  return out;
}

/** Runs jobs with records of their own. */
function jobsIn(state: string) {
  return async (flags: readonly string[], command: readonly string[]) => {
    await bench.corral(["run", "--quiet", ...flags, "--", ...command], { env: { CORRAL_STATE_DIR: state } });
  };
}

const folded = bench.fresh("folded");

describe("after real jobs", () => {
  test("metrics tells exactly these jobs, by how they ended", async () => {
    const run = jobsIn(folded);
    await run(["--sla-eligible"], ["true"]);
    await run(["--oom-score", "500", "--rlimit", "core=0"], ["true"]);
    await run(["--sla-eligible"], ["sh", "-c", "exit 3"]);
    await run([], ["sh", "-c", "kill -KILL $$"]);
    await run(["--timeout", "100ms", "--kill-after", "1s", "--sla-eligible"], ["sleep", "20"]);
    await run(["--sla-eligible"], ["no-such-command"]);
    await run(["--sla-eligible", "--workdir", "/no/such/directory"], ["true"]);
    await run(["--workdir", "/no/such/directory"], ["true"]);
    assert.deepEqual(counted(await metrics(folded)), {
      'corral_jobs_total{mode="run",reason="success"}': 2,
      'corral_jobs_total{mode="run",reason="error"}': 1,
      'corral_jobs_total{mode="run",reason="signal"}': 1,
      'corral_jobs_total{mode="run",reason="timeout"}': 1,
      'corral_jobs_total{mode="run",reason="start_failed"}': 3,
      'corral_job_duration_seconds_count{mode="run"}': 5,
      'corral_constraints_total{name="oom-score",status="applied"}': 1,
      'corral_constraints_total{name="rlimit",status="applied"}': 1,
      'corral_platform_sla_total{compliant="true"}': 4,
      'corral_platform_sla_total{compliant="false"}': 1,
      'corral_platform_sla_violations_total{reason="start_failed_by_wrapper"}': 1,
    });
  });

  test("a second look, and one at the JSON, tell the same", async () => {
    assert.equal(await metrics(folded), await metrics(folded));
    const { jobs, platform_sla } = JSON.parse(await metrics(folded, "--json")) as Record<string, unknown>;
    assert.deepEqual(
      { jobs, platform_sla },
      {
        jobs: [
          { mode: "run", reason: "success", count: 2 },
          { mode: "run", reason: "error", count: 1 },
          { mode: "run", reason: "signal", count: 1 },
          { mode: "run", reason: "timeout", count: 1 },
          { mode: "run", reason: "start_failed", count: 3 },
        ],
        platform_sla: { compliant: 4, violated: 1, violations: [{ reason: "start_failed_by_wrapper", count: 1 }] },
      },
    );
  });

  test("the sums of times are those of the results", async () => {
    const results = readdirSync(resultsOf(folded)).map(
      (name) =>
        JSON.parse(readFileSync(path.join(resultsOf(folded), name), "utf8")) as {
          duration_sec: number;
          usage: { cpu_user_us: number | null; cpu_sys_us: number | null };
        },
    );
    const total = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0);
    const families = parsePrometheus(await metrics(folded));
    const cpu = families["corral_job_cpu_seconds_total"]?.series["corral_job_cpu_seconds_total"];
    const durations = families["corral_job_duration_seconds"]?.series['corral_job_duration_seconds_sum{mode="run"}'];
    const us = (seconds: number | undefined): number => Math.round((seconds ?? 0) * 1e6);
    assert.deepEqual(
      [us(cpu), us(durations)],
      [
        total(results.map(({ usage }) => (usage.cpu_user_us ?? 0) + (usage.cpu_sys_us ?? 0))),
        us(total(results.map((one) => one.duration_sec))),
      ],
    );
    assert.ok(us(cpu) > 0);
  });

  test("the lines of jq in docs/metrics.md give the same numbers", async (t) => {
    if (!requires(t, program("jq"))) return;
    const rows = readFileSync("docs/metrics.md", "utf8").matchAll(/^\| ([\w ]+) \| `(jq .+)` \|$/gm);
    const told = [...rows].map(([, name, line = ""]) => {
      const script = line.replaceAll("\\|", "|");
      const { stdout, stderr } = spawnSync("sh", ["-c", script], { cwd: resultsOf(folded), encoding: "utf8" });
      return [name, stderr + stdout.trim().replaceAll(/[ \t]+/g, " ")];
    });
    const { job_cpu_sec, job_durations } = JSON.parse(await metrics(folded, "--json")) as {
      job_cpu_sec: number;
      job_durations: readonly { count: number; sum_sec: number }[];
    };
    assert.deepEqual(
      told.map(([name, text = ""]) => [name, text.replaceAll(/\s+/g, " ").trim()]),
      [
        ["jobs", "1 run error 1 run signal 3 run start_failed 2 run success 1 run timeout"],
        ["durations", `[ ${job_durations[0]?.count}, ${job_durations[0]?.sum_sec} ]`],
        ["CPU seconds", String(job_cpu_sec)],
        ["throttled seconds", "0"],
        ["OOM kills", "0"],
        ["constraints", "1 oom-score applied 1 rlimit applied"],
        ["SLA", "1 false 4 true"],
        ["violations", "1 start_failed_by_wrapper"],
      ],
    );
  });

  test("violations are listed newest first, and one line each", async () => {
    const [heading, line, ...rest] = (await metrics(folded, "--violations")).split("\n");
    assert.match(heading ?? "", /^ENDED +JOB +REASON +DURATION +EXIT +PID$/);
    assert.match(
      line ?? "",
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z +true-\w{8} +start_failed_by_wrapper +0 ms +- +-$/,
    );
    assert.deepEqual(rest, [""]);
    await jobsIn(folded)(["--sla-eligible", "--workdir", "/no", "--job-id", "newest"], ["true"]);
    const list = JSON.parse(await metrics(folded, "--violations", "--json", "--last", "1")) as {
      total: number;
      violations: readonly { job_id: string }[];
    };
    assert.deepEqual([list.total, list.violations.map(({ job_id }) => job_id)], [2, ["newest"]]);
  });
});

test("a job killed at its memory limit counts as oom, with its kills, and as no violation", async (t) => {
  if (!requires(t, root(), controller("memory"))) return;
  const state = bench.fresh("oom");
  const hog = "const held = []; for (;;) held.push(Buffer.alloc(2 ** 24, 1));";
  await jobsIn(state)(["--memory-limit", "64M", "--sla-eligible"], [process.execPath, "-e", hog]);
  assert.deepEqual(counted(await metrics(state)), {
    'corral_jobs_total{mode="run",reason="oom"}': 1,
    'corral_job_duration_seconds_count{mode="run"}': 1,
    corral_job_oom_kills_total: 1,
    'corral_constraints_total{name="memory-limit",status="applied"}': 1,
    'corral_platform_sla_total{compliant="true"}': 1,
  });
});

test("a live job is told by its state, and counted only when it is over", async () => {
  const state = bench.fresh("live");
  const started = bench.start(["run", "--quiet", "--", "sh", "-c", "echo up; sleep 30"], {
    env: { CORRAL_STATE_DIR: state },
    limitMs: 40_000,
  });
  await until("the workload is up", () => started.out() === "up\n");
  assert.deepEqual(counted(await metrics(state)), { 'corral_jobs_live{state="running"}': 1 });
  const [name = ""] = readdirSync(path.join(state, "run/jobs"));
  const record = JSON.parse(readFileSync(path.join(state, "run/jobs", name), "utf8")) as { workload: { pid: number } };
  process.kill(-record.workload.pid, "SIGKILL");
  await started.ended;
  assert.deepEqual(counted(await metrics(state)), {
    'corral_jobs_total{mode="run",reason="signal"}': 1,
    'corral_job_duration_seconds_count{mode="run"}': 1,
  });
});

test("a user without a single job has metrics too", async () => {
  assert.deepEqual(counted(await metrics(bench.fresh("nothing"))), {});
  assert.equal(await metrics(bench.fresh("nothing"), "--violations"), "ENDED  JOB  REASON  DURATION  EXIT  PID\n");
});

test("what lies among the results and is none hides no job, and its words reach no terminal", async () => {
  const state = bench.fresh("hostile");
  await jobsIn(state)(["--sla-eligible", "--workdir", "/no"], ["true"]);
  const results = resultsOf(state);
  const [name = ""] = readdirSync(results);
  const text = readFileSync(path.join(results, name), "utf8");
  const report = JSON.parse(text) as Record<string, unknown>;
  writeFileSync(path.join(state, "run/jobs/odd.json"), '{"schema":"corral.start/1"}');
  writeFileSync(path.join(results, "cut.json"), text.slice(0, 200));
  writeFileSync(path.join(results, "foreign.json"), "\u001b[31m");
  writeFileSync(path.join(results, "odd.json"), JSON.stringify({ ...report, job_id: "\u001b[31m\nJOB x\u202e" }));
  writeFileSync(path.join(results, "label.json"), JSON.stringify({ ...report, exit_reason: 'x"} 1\ny{z="' }));
  assert.deepEqual(counted(await metrics(state)), {
    'corral_jobs_total{mode="run",reason="start_failed"}': 2,
    'corral_platform_sla_total{compliant="false"}': 2,
    'corral_platform_sla_violations_total{reason="start_failed_by_wrapper"}': 2,
    corral_results_unreadable_total: 3,
  });
  const list = await metrics(state, "--violations");
  assert.match(list, /^[\x20-\x7e\n]*$/);
  assert.match(list, / "\\u001b\[31m\\nJOB x\\u202e" /);
  assert.equal(list.split("\n").length, 4);
});

test("a result that may not be read counts as unreadable once, and as a job as soon as it may", async (t) => {
  if (!requires(t, root())) return;
  const state = bench.fresh("denied");
  await jobsIn(state)([], ["true"]);
  await jobsIn(state)([], ["false"]);
  const results = resultsOf(state);
  for (const directory of [state, results]) chmodSync(directory, 0o755);
  const [denied = "", readable = ""] = readdirSync(results).map((name) => path.join(results, name));
  chmodSync(denied, 0o600);
  chmodSync(readable, 0o644);
  const source = openMetrics({ runtime: path.join(state, "none"), results }, "1");
  const collect = async (): Promise<[jobs: number, unreadable: number]> => {
    process.seteuid?.(nobody);
    try {
      const { fold } = await source.collect();
      return [Object.values(fold.counters.jobs.run).reduce((sum, one) => sum + one, 0), fold.unreadable];
    } finally {
      process.seteuid?.(0);
    }
  };
  assert.deepEqual(
    [await collect(), await collect()],
    [
      [1, 1],
      [1, 1],
    ],
  );
  chmodSync(denied, 0o644);
  assert.deepEqual(await collect(), [2, 1]);
});

describe("--textfile", () => {
  test("writes the same text in one step, readable for everybody whatever the umask is", async () => {
    const file = bench.fresh("corral.prom");
    writeFileSync(file, "an older text", { mode: 0o600 });
    const { status, out, err } = await bench.corral(["metrics", "--textfile", file], {
      env: { CORRAL_STATE_DIR: folded },
      wrap: ["sh", "-c", 'umask 077; exec "$@"', "sh"],
    });
    assert.deepEqual([status, out, err], [0, "", ""]);
    assert.equal(readFileSync(file, "utf8"), await metrics(folded));
    assert.equal(statSync(file).mode & 0o777, 0o644);
    const beside = readdirSync(path.dirname(file)).filter((name) => name.startsWith(path.basename(file)));
    assert.deepEqual(beside, [path.basename(file)]);
  });

  test("writes into a pipe or a device without replacing it", async () => {
    const { status } = await bench.corral(["metrics", "--textfile", "/dev/null"]);
    assert.deepEqual([status, statSync("/dev/null").isCharacterDevice()], [0, true]);
  });
});

for (const [flags, status, message] of [
  [["--textfile", ""], 2, "--textfile needs the name of a file; leave it out to print to stdout"],
  [["--textfile", "x", "--json"], 2, "--textfile takes the Prometheus text only; leave out --json and --violations"],
  [["--last", "5"], 2, "--last counts violations; add --violations"],
  [["--violations", "--last", "0"], 2, '--last expects a whole number from 1 to 10000, not "0"'],
  [
    ["--textfile", "/no/such/place/corral.prom"],
    125,
    'cannot write the metrics "/no/such/place/corral.prom": ENOENT; choose a file in a directory you can write to, on a file system with room',
  ],
] as const) {
  test(`metrics ${flags.join(" ")} is refused in one line, with status ${status}`, async () => {
    const ran = await bench.corral(["metrics", ...flags]);
    assert.deepEqual([ran.status, ran.out, ran.err], [status, "", `[corral] ${message}\n`]);
  });
}

test("results that may not be listed are an error that names the directory", async () => {
  const state = bench.fresh("in-the-way");
  writeFileSync(state, "a file");
  const { status, out, err } = await bench.corral(["metrics"], { env: { CORRAL_STATE_DIR: state } });
  assert.deepEqual(
    [status, out, err],
    [
      125,
      "",
      `[corral] cannot read the results in ${state}/results: ENOTDIR; run it as the user whose jobs are to be counted\n`,
    ],
  );
});

test("completion proposes metrics and its flags", async () => {
  const propose = async (...words: string[]) => (await bench.corral(["completion", "--", "propose", ...words])).out;
  assert.equal(await propose("metr"), "metrics\n");
  assert.equal(await propose("metrics", "--"), "--textfile\n--violations\n--last\n--json\n");
});

expectNoLeftovers(bench);
