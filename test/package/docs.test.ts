import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, describe, test } from "node:test";
import { Ajv } from "ajv";
import { aRun } from "../shared/scenario-results.ts";

const commandLimitMs = 30_000;
const root = mkdtempSync(join(tmpdir(), "corral-docs-"));
const state = join(root, "state");
after(() => rmSync(root, { recursive: true }));

mkdirSync(join(root, "bin"));
symlinkSync(resolve("bin/corral"), join(root, "bin/corral"));

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a shell script with `corral` on PATH and records of its own. */
function runScript(script: string, cwd: string): Ended {
  const { status, stdout, stderr } = spawnSync("sh", ["-c", script], {
    cwd,
    encoding: "utf8",
    timeout: commandLimitMs,
    killSignal: "SIGKILL",
    env: {
      ...process.env,
      PATH: `${join(root, "bin")}:${dirname(process.execPath)}:${process.env["PATH"]}`,
      CORRAL_STATE_DIR: state,
    },
  });
  return { status, stdout, stderr };
}

/** The ```sh blocks of a document. */
const examplesIn = (document: string): string[] =>
  [...readFileSync(document, "utf8").matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? "");

/** Blocks that set up or test the whole checkout; the suites themselves are their test. */
const wholeCheckout = /^npm /m;

const title = (example: string): string => (example.split("\n", 1)[0] ?? "").slice(0, 90);

/** An example says in comments what it prints (`# prints …`, whole lines of stdout) and how it ends (`# exit status n`). */
function checkExample(example: string, cwd: string): void {
  const { status, stdout, stderr } = runScript(example, cwd);
  const wanted = /^# exit status (\d+)$/m.exec(example)?.[1] ?? "0";
  assert.equal(status, Number(wanted), stderr);
  const printed = [...example.matchAll(/^# prints (.*)$/gm)].map((match) => match[1] ?? "");
  const lines = stdout.split("\n");
  assert.deepEqual(
    printed.map((line) => (lines.includes(line) ? line : `${line} (not printed)`)),
    printed,
    stdout,
  );
}

/** What the examples of docs/scenario-results.md are about: a directory with results before and after a change for the worse. */
function makeScenarioResults(): string {
  const cwd = mkdtempSync(join(root, "example-"));
  for (const [name, iterations] of Object.entries({ before: [1000, 1010, 990], after: [500, 505, 495] })) {
    mkdirSync(join(cwd, name));
    for (const [at, one] of iterations.entries())
      writeFileSync(join(cwd, name, `run-${at}.json`), JSON.stringify(aRun(one, { repeat: at })));
  }
  return cwd;
}

describe("the examples", () => {
  for (const example of examplesIn("docs/scenario-results.md")) {
    test(`docs/scenario-results.md: ${title(example)}`, () => {
      checkExample(example, makeScenarioResults());
    });
  }

  for (const page of [
    "docs/run.md",
    "docs/jobs.md",
    "docs/metrics.md",
    "docs/attach.md",
    "docs/watch.md",
    "docs/events.md",
    "docs/records.md",
    "docs/workload.md",
    "docs/policy-adaptive.md",
    "docs/policy.md",
    "docs/scenario.md",
  ]) {
    for (const example of examplesIn(page)) {
      test(`${page}: ${title(example)}`, () => {
        checkExample(example, mkdtempSync(join(root, "example-")));
      });
    }
  }

  for (const example of examplesIn("README.md").filter((text) => !wholeCheckout.test(text))) {
    test(`README.md: ${title(example)}`, () => {
      checkExample(example, resolve("."));
    });
  }
});

const ajv = new Ajv({
  strict: true,
  strictTypes: false,
  allErrors: true,
  formats: { "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ },
});

/** What a JSON Schema of schemas/ finds wrong with a document. */
function faultsOf(schema: string, document: unknown): string[] {
  const validate =
    ajv.getSchema(schema) ??
    ajv.addSchema(JSON.parse(readFileSync(`schemas/${schema}.schema.json`, "utf8")), schema).getSchema(schema);
  assert.ok(validate !== undefined);
  return validate(document) ? [] : (validate.errors ?? []).map((one) => `${one.instancePath}: ${one.message}`);
}

/** Real runs of every kind of ending. */
const runs: Readonly<Record<string, string>> = {
  "a success": "corral run --json -- true",
  "a failure under limits": `corral run --json --cpu-quota 50 --memory-limit 64 --pids-max 20 --io-weight 50 --nice 5
    --intent soak --tag a=b --sla-eligible -- sh -c 'exit 3'`,
  "every kind of attribute": `corral run --json --rlimit core=0 --ionice idle --sched batch --oom-score 500
    --affinity 0 --cpu-weight 50 -- true`,
  "limits that cannot be had": "corral run --json --memory-min 1M --cpuset-partition member --swap-max max -- true",
  "a signal": "corral run --json -- sh -c 'kill -KILL $$'",
  "a timeout": "corral run --json --timeout 100ms --kill-after 1s -- sleep 20",
  "a command that does not exist": "corral run --json --memory-limit 64 -- no-such-command",
  "a workload that leaves a process behind": "corral run --json -- sh -c 'sleep 1 & :'",
  "a Corral that leaves": "corral run --json --memory-limit 64 -- sleep 2 & sleep 1; kill -TERM $!; wait $!; exit 0",
};

describe("the JSON Schemas", () => {
  for (const [name, script] of Object.entries(runs)) {
    test(`the report of ${name} is a corral.report/1`, () => {
      const { stdout, stderr } = runScript(script.replaceAll("\n", " "), root);
      assert.deepEqual(faultsOf("report", JSON.parse(stdout)), [], stderr);
    });
  }

  test("every result that was kept is a corral.report/1", () => {
    const results = join(state, "results");
    const names = readdirSync(results);
    const faults = names.flatMap((name) => faultsOf("report", JSON.parse(readFileSync(join(results, name), "utf8"))));
    assert.deepEqual([names.length > 10, faults], [true, []]);
  });

  test("the plan of a scenario is a corral.scenario-plan/1, also of one that would be skipped", () => {
    const script = `
cat >s.yaml <<END
version: 1
name: s
needs: { cpus: 4 }
scheduler: { boost: [{ cgroup: g, budget: 1ms, period: 10ms }] }
payloads: [{ name: p, command: [sleep, "1"] }]
backdrop: { cgroups: [{ name: g, cpuset_mems: 0, limits: { io-weight: 50 } }], payloads: [p] }
steps:
  - setup:
      - name: h
        cpuset: { llc: 0 }
        works:
          - { sched_policy: { deadline: { runtime: 1ms, deadline: 2ms } }, mem_policy: { bind: 0 }, nice: -5, comm: c }
          - { work_type: { Sequence: [{ io: 1ms }] }, affinity: { random_subset: { from: 0-3, count: 2 } }, numa_node: 0 }
    ops:
      - { add_cgroup: { name: x } }
      - { spawn: { placement: runner, work: { workers: 2, affinity: single_cpu } } }
      - { set_affinity: { cgroup: g, affinity: { exact: 1 } } }
checks: { not_stuck: true, max_gap_ms: 5 }
END
corral scenario plan s.yaml --json --topology cpus=8 | tr -d '\n'; echo
corral scenario plan s.yaml --json --topology cpus=2 | tr -d '\n'`;
    const { stdout, stderr } = runScript(script, mkdtempSync(join(root, "scenario-")));
    const [plan, skipped] = stdout.split("\n").map((line) => JSON.parse(line) as { readonly plan: object | null });
    assert.deepEqual([plan?.plan === null, skipped?.plan === null], [false, true], stderr);
    assert.deepEqual([...faultsOf("scenario-plan", plan), ...faultsOf("scenario-plan", skipped)], []);
  });

  test("every line of a watch is a corral.watch-event/1, and an explanation a corral.watch-explain/1", () => {
    const script = `
cp /bin/sleep watched && cp /bin/sleep strict
cat >watch.yaml <<END
version: 1
retry: { attempts: 1 }
rules:
  - { name: plain, match: { exe: $PWD/watched }, limits: { oom-score: 100, zswap-max: 1M } }
  - { name: strict, match: { exe: $PWD/strict }, limits: { cpuset: "1023" }, strict: true }
END
corral watch --config watch.yaml --json --on-stop release & watch=$!
sleep 1; ./watched 0.5 & ./strict 2 & sleep 1
./watched 100 & kept=$!; sleep 0.5
echo x: >>watch.yaml; kill -HUP $watch; sleep 0.5
sed -i -e '$d' -e 's/oom-score: 100/oom-score: 50/' watch.yaml; kill -HUP $watch; sleep 0.5
corral watch --config watch.yaml --explain $kept --json >explained
kill $watch; wait $watch; kill $kept; echo "$(tr -d '\\n' <explained)"`;
    const { stdout, stderr } = runScript(script, mkdtempSync(join(root, "watch-")));
    const documents = stdout
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as { readonly schema: string; readonly event?: string });
    assert.deepEqual(
      documents.flatMap((one) => faultsOf(one.schema.replace(/^corral\.(.*)\/1$/, "$1"), one)),
      [],
    );
    assert.deepEqual(
      ["started", "governed", "ended", "failed", "reload_failed", "reloaded", "changed", "released", "stopped"].filter(
        (name) => !documents.some(({ event }) => event === name),
      ),
      [],
      stdout + stderr,
    );
  });

  test("every line of corral events is one of corral.events/1", () => {
    const script = `
name=$(printf 'bad\\377')
cp /bin/sleep "$name"
corral events --json --forks --opens --trace-rate 5 --duration 3s >told & events=$!
until grep -q START told; do sleep 0.1; done
for i in 1 2 3; do "./$name" 0.2; cat /etc/passwd /etc/group /etc/hosts >/dev/null; done
sh -c 'kill -KILL $$'; (exit 3)
wait $events; cat told`;
    const { stdout, stderr } = runScript(script, mkdtempSync(join(root, "events-")));
    const lines = stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { readonly event: string; readonly source?: string; readonly bytes?: object });
    assert.deepEqual(
      lines.flatMap((line) => faultsOf("events", line).map((fault) => `${JSON.stringify(line)}: ${fault}`)),
      [],
    );
    const traced = lines[0]?.source === "bpf" ? ["FILE_OPEN"] : [];
    const missing = ["START", "FORK", "EXEC", "EXIT", ...traced].filter(
      (event) => !lines.some((one) => one.event === event),
    );
    assert.deepEqual([missing, lines.some(({ bytes }) => bytes !== undefined)], [[], true], stderr);
  });

  test("the start record of a live job is a corral.start/1", () => {
    const { stdout } = runScript(
      `corral run --quiet --job-id live --memory-limit 64 --tag a=b -- cat ${state}/run/jobs/live.json`,
      root,
    );
    assert.deepEqual(faultsOf("start", JSON.parse(stdout)), []);
  });

  for (const [schema, command] of Object.entries({
    jobs: "ps --json --all",
    status: "status --json live-jobs",
    gc: "gc --dry-run --json",
  })) {
    test(`what corral ${command} prints is a corral.${schema}/1`, () => {
      const { stdout, stderr } = runScript(
        `corral run --background --job-id live-jobs --memory-limit 64 --nice 1 -- sleep 60 >&2
        corral ${command}; corral stop live-jobs`,
        root,
      );
      assert.deepEqual(faultsOf(schema, JSON.parse(stdout)), [], stderr);
    });
  }

  for (const [schema, flags] of Object.entries({ metrics: "", violations: "--violations" })) {
    test(`what corral metrics --json ${flags} prints of those runs is a corral.${schema}/1`, () => {
      const { stdout, stderr } = runScript(`corral metrics --json ${flags}`, root);
      assert.deepEqual(faultsOf(schema, JSON.parse(stdout)), [], stderr);
    });
  }

  for (const flags of [
    "",
    "--preset balanced --nice 5 --cpuset 0 --pids-max 20 --io-max '8:0 rbps=1M' --memory-min 1M --timeout 5s --scope systemd",
    "--rlimit nofile=10:max --ionice idle --sched rr:5 --user 0 --workdir / --affinity 0 --oom-score 1 --lifetime tied",
  ]) {
    test(`the plan of a run with ${flags === "" ? "no flags" : flags} is a corral.plan/1`, () => {
      const { stdout, stderr } = runScript(`corral run --dry-run --json ${flags} -- true`, root);
      assert.deepEqual(faultsOf("plan", JSON.parse(stdout)), [], stderr);
    });
  }

  for (const [schema, script] of Object.entries({
    reports: "sleep 2 & a=$!; sleep 2 & corral attach --json --pid $a,$!,4194304 --oom-score 100 --pids-max 50; exit 0",
    "attach-plan": "sleep 5 & corral attach --dry-run --json --pid $!,4194304 --nice 5 --cpu-quota 50; kill $!",
    update:
      "sleep 5 & corral attach --pid $! --job-id u --nice 5 --once --quiet; corral update u --cpu-quota 50 --json; kill $!",
    report: "sleep 2 & corral attach --json --pid $! --memory-limit 64 --oom-score 100",
  })) {
    test(`what ${script.slice(0, 60)}… prints is a corral.${schema}/1`, () => {
      const { stdout, stderr } = runScript(script, root);
      assert.deepEqual(faultsOf(schema, JSON.parse(stdout)), [], stderr);
    });
  }

  test("a result of a scenario is a corral.scenario/1, and what corral scenario compare --json prints a corral.scenario-compare/1", () => {
    const cwd = makeScenarioResults();
    const results = ["before", "after"].flatMap((name) =>
      readdirSync(join(cwd, name)).map((file) => JSON.parse(readFileSync(join(cwd, name, file), "utf8")) as unknown),
    );
    assert.deepEqual(
      results.flatMap((one) => faultsOf("scenario-result", one)),
      [],
    );
    const { status, stdout, stderr } = runScript("corral scenario compare before after --json", cwd);
    assert.equal(status, 1, stderr);
    assert.deepEqual(faultsOf("scenario-compare", JSON.parse(stdout)), []);
  });

  test("what corral scenario list --json prints is a corral.scenario-list/1", () => {
    const { stdout, stderr } = runScript("corral scenario list --json", root);
    assert.deepEqual(faultsOf("scenario-list", JSON.parse(stdout)), [], stderr);
  });

  test("refuse a report that lacks a field, has another, or one of another type", () => {
    const { stdout } = runScript("corral run --json -- true", root);
    const report = JSON.parse(stdout) as Record<string, unknown>;
    const { tags: _, ...lacking } = report;
    assert.deepEqual(faultsOf("report", lacking), [": must have required property 'tags'"]);
    assert.deepEqual(faultsOf("report", { ...report, more: 1 }), [": must NOT have additional properties"]);
    assert.deepEqual(faultsOf("report", { ...report, uid: "0" }), ["/uid: must be integer"]);
    assert.deepEqual(faultsOf("report", { ...report, exit_reason: "bored" }), [
      "/exit_reason: must be equal to one of the allowed values",
    ]);
  });
});

test("the next run clears up after runs that were left, as soon as their workloads have ended", () => {
  let left: string[] = [];
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; ) {
    runScript("corral run --quiet -- sleep 0.2", root);
    left = readdirSync(join(state, "run/jobs"));
    if (left.length === 0) return;
  }
  assert.deepEqual(left, []);
});
