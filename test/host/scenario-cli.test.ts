import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { processesBelow } from "../../src/cgroup/index.ts";
import { signalDisposition } from "../../src/kernel/index.ts";
import type { ScenarioDocument } from "../../src/scenario/results/index.ts";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { killQuietly } from "../shared/processes.ts";
import { requires, root } from "../shared/requires.ts";
import { until } from "../shared/timing.ts";

const bench = openBench();
expectNoLeftovers(bench);

/** A scenario file of these steps; its payload runs until it is killed and is marked as ours. */
function fileOf(name: string, steps: readonly string[], rest: readonly string[] = []): string {
  const path = bench.fresh(`${name}.yaml`);
  const lines = [
    ...["version: 1", `name: ${name}`, "duration: 60s"],
    ...["payloads:", `  - {name: long, command: [sh, -c, "sleep 1000 & wait"]}`],
    ...["backdrop:", "  cgroups:", "    - {name: base}"],
    ...rest,
    ...["steps:", ...steps.map((step) => `  - ${step}`)],
  ];
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

const run = (file: string, ...flags: readonly string[]) => [
  "scenario",
  "run",
  file,
  "--cgroup-parent",
  bench.parent.argument,
  ...flags,
];
const short = "{setup: [{name: a}], hold: {fixed: 100ms}}";
const endless = "{setup: [{name: a, payload: long}], hold: {fixed: 50s}}";
const documentOf = (text: string): ScenarioDocument => JSON.parse(text) as ScenarioDocument;
const scenarios = join(bench.stateDir, "run", "scenarios");
const recorded = (): readonly string[] => (existsSync(scenarios) ? readdirSync(scenarios) : []);

test("a scenario that passes ends with 0 and says what was done", async (t) => {
  if (!requires(t, root())) return;
  const { status, out, err } = await bench.corral(
    run(fileOf("plain", [short], ["checks: {not_stuck: true}"]), "--json"),
  );
  assert.equal(status, 0, err);
  const document = documentOf(out);
  assert.deepEqual(
    [document.schema, document.verdict, document.works.length, document.groups.map(({ name }) => name)],
    ["corral.scenario/1", "pass", 2, ["base", "a"]],
  );
  // However loaded it is, a machine that is not emulated is none of the slow ones: nothing is stretched.
  const { factor, setup_factor, source, limits_ms, uncounted_sec } = document.dilation;
  assert.deepEqual(
    [factor, setup_factor, source, limits_ms["start_wait"], uncounted_sec],
    [1, 1, "measured", 30_000, 0],
    JSON.stringify(document.dilation),
  );
  assert.deepEqual([bench.parent.children(), recorded()], [[], []]);
});

test("one that fails ends with 1, and with the step and the op that went wrong", async (t) => {
  if (!requires(t, root())) return;
  const steps = [
    short,
    "{ops: [{wait: {for: {state: {cgroup: base, is: empty}}, timeout: 100ms}}], hold: {fixed: 0s}}",
  ];
  const { status, out } = await bench.corral(run(fileOf("waits", steps), "-q"));
  assert.equal(status, 1);
  assert.match(out, /step 1, op 0 failed: it did not come true within 100 ms that "base" is empty/);
});

test("a check that fails ends with 1", async (t) => {
  if (!requires(t, root())) return;
  const { status, out } = await bench.corral(
    run(fileOf("checked", [short], ["checks: {min_iteration_rate: 1000000000000}"]), "-q"),
  );
  assert.equal(status, 1);
  assert.match(out, /FAIL min_iteration_rate/);
});

test("limits in time grow with a factor that is given, which is told", async (t) => {
  if (!requires(t, root())) return;
  const steps = [
    short,
    "{ops: [{wait: {for: {state: {cgroup: base, is: empty}}, timeout: 100ms}}], hold: {fixed: 0s}}",
  ];
  const { status, out } = await bench.corral(run(fileOf("stretched", steps), "-q", "--dilation", "2.5"));
  assert.equal(status, 1);
  assert.match(
    out,
    /step 1, op 0 failed: it did not come true within 250 ms \(100 ms, for time is slower here\) that "base" is empty/,
  );
  assert.match(out, /^time is 2\.5 times slower than on a nominal machine, set-up 2\.5 times \(as was asked for\)$/m);
  const bad = await bench.corral(run(fileOf("shrunk", steps), "--dilation", "0.5"));
  assert.deepEqual([bad.status, /--dilation /.test(bad.err)], [2, true], bad.err);
});

test("a module is a scenario's file too, and payloads find the files that they include", async (t) => {
  if (!requires(t, root())) return;
  const [tool, file] = [bench.fresh("tool.sh"), bench.fresh("made.mjs")];
  writeFileSync(tool, "#!/bin/sh\nexit 7\n", { mode: 0o755 });
  const name = basename(tool);
  const payload = { name: "tool", command: [name], includeFiles: [name], checks: [{ exitCodeEq: 7 }] };
  const ops = [{ runPayload: { payload: "tool" } }, { waitPayload: { payload: "tool" } }];
  const made = { version: 1, name: "made", payloads: [payload], steps: [{ ops, hold: { fixed: "0s" } }] };
  writeFileSync(file, `export default ${JSON.stringify(made)};\n`);
  const { status, out, err } = await bench.corral(run(file, "--json", "-q"));
  assert.equal(status, 0, out + err);
  rmSync(tool);
  const lost = await bench.corral(run(file, "-q"));
  assert.deepEqual([lost.status, lost.out], [2, ""]);
  assert.match(lost.err, /the file "\d+-tool\.sh" that payload "tool" includes is not there; correct include_files/);
});

test("one that the host has too little for is skipped with 0", async (t) => {
  const { status, out } = await bench.corral(run(fileOf("big", [short], ["needs: {cpus: 4096}"]), "-q"));
  assert.deepEqual([status, /needs 4096 CPUs, has \d+/.test(out)], [0, true]);
  if (requires(t, root())) assert.deepEqual(recorded(), []);
});

test("mistakes in the file end with 2 and their place", async () => {
  const file = fileOf("wrong", ["{ops: [{add_group: {name: a}}]}"]);
  const { status, err } = await bench.corral(run(file));
  assert.equal(status, 2);
  assert.match(err, /wrong\.yaml:\d+:\d+: /);
});

test("a controller that no hierarchy has ends with 125 before anything is made", async (t) => {
  if (!requires(t, root())) return;
  const { status, err } = await bench.corral([
    "scenario",
    "run",
    fileOf("none", [short]),
    "--cgroup-parent",
    "/no/such/parent",
  ]);
  assert.deepEqual([status, /the parent group .* does not exist/.test(err)], [125, true]);
  assert.deepEqual(recorded(), []);
});

test("Ctrl-C takes everything down and keeps what was found", async (t) => {
  if (!requires(t, root())) return;
  const started = bench.start(run(fileOf("ended", [short, endless]), "--json"));
  await until("the second step holds", () => started.err().includes("Step[1]"));
  started.kill("SIGINT");
  const { status, out, err } = await started.ended;
  assert.equal(status, 2, err);
  const document = documentOf(out);
  assert.deepEqual(
    [document.verdict, document.phases.length, document.works.map(({ cgroup }) => cgroup)],
    ["inconclusive", 3, ["base", "a"]],
  );
  assert.deepEqual([bench.parent.children(), recorded()], [[], []]);
});

/** Processes in the groups below the parent. */
const processesBelowParent = (): readonly number[] => bench.parent.children().flatMap((path) => processesBelow(path));

test("an expectation that fails only because Ctrl-C cut its hold short is inconclusive", async (t) => {
  if (!requires(t, root())) return;
  const expect = "expect: [{figure: {cgroup: a, metric: cpu_total_us, as: growth, step: 1, at_least: 1.0e+15}}]";
  const started = bench.start(run(fileOf("cut", [short, endless], [expect]), "--json"));
  await until("the second step holds", () => started.err().includes("Step[1]"));
  started.kill("SIGINT");
  const { status, out, err } = await started.ended;
  assert.equal(status, 2, err);
  const [expected] = documentOf(out).checks;
  assert.deepEqual([expected?.check, expected?.outcome], ["expect[0]", "inconclusive"]);
  assert.match(expected?.message ?? "", /; but the run was ended in Step\[1\], \d+ of \d+ ms into its hold$/);
  assert.match(err, /a second signal ends Corral at once, and corral gc removes what that leaves/);
});

test("a second Ctrl-C ends it at once, and corral gc removes what is left", async (t) => {
  if (!requires(t, root())) return;
  const started = bench.start(run(fileOf("twice", [endless])));
  await until("the step holds", () => started.err().includes("Step[0]"));
  // Workers that stand still are waited for.
  for (const pid of processesBelowParent()) killQuietly(pid, "SIGSTOP");
  started.kill("SIGINT");
  await until("the first one was heard", () => signalDisposition(started.pid, 2) === "default");
  started.kill("SIGINT");
  const { signal } = await started.ended;
  assert.equal(signal, "SIGINT");
  assert.equal((await bench.corral(["gc"])).status, 0);
  assert.deepEqual([bench.parent.children(), recorded()], [[], []]);
  await until("its processes are gone", () => bench.leftovers().processes.length === 0);
});

test("an error between repeats keeps what was found before it", async (t) => {
  const top = bench.parent.directories.find((path) => existsSync(`${path}/cgroup.max.descendants`));
  if (!requires(t, root(), top === undefined ? "there is no cgroup.max.descendants" : null)) return;
  const limit = `${top}/cgroup.max.descendants`;
  const closing = `  - {name: closes, command: [sh, -c, "echo 0 > $LIMIT"], env: {LIMIT: ${limit}}}`;
  const ops = "{ops: [{run_payload: {payload: closes}}, {wait_payload: {payload: closes}}], hold: {fixed: 10ms}}";
  t.after(() => writeFileSync(limit, "max"));
  const path = fileOf("repeats", [ops]);
  writeFileSync(path, readFileSync(path, "utf8").replace("backdrop:", `${closing}\nbackdrop:`));
  const report = bench.fresh("repeats.json");
  const { status, out, err } = await bench.corral(run(path, "--repeat", "3", "--json", "--report", report));
  assert.equal(status, 125, err);
  const document = documentOf(out);
  assert.deepEqual([document.repeat, document.payloads.length], [0, 1]);
  assert.deepEqual(documentOf(readFileSync(report, "utf8")), document);
  assert.match(err, /cannot be made on cgroup v2|EAGAIN/);
});

test("the death of a supervised process ends the run", async (t) => {
  if (!requires(t, root())) return;
  const victim = spawn("sleep", ["1000"], { env: bench.env });
  const started = bench.start(
    run(fileOf("watched", [short, endless]), "--json", "--repeat", "2", "--supervise", String(victim.pid)),
  );
  await until("the second step holds", () => started.err().includes("Step[1]"));
  victim.kill("SIGKILL");
  const { status, out, err } = await started.ended;
  assert.equal(status, 1, err);
  const document = documentOf(out);
  assert.deepEqual(
    document.ended.map(({ pid, how, scheduler }) => [pid, how, scheduler]),
    [[victim.pid, "crashed", false]],
  );
  assert.equal(document.phases.length, 3);
  assert.equal(document.repeat, 0);
  const gone = await bench.corral(run(fileOf("gone", [short]), "--supervise", String(victim.pid)));
  assert.deepEqual([gone.status, gone.err.includes(`there is no process ${victim.pid}`)], [125, true]);
});

/** Where a Corral is killed: what must be on record by then. */
const phases: readonly { readonly name: string; readonly isThere: (err: string) => boolean }[] = [
  { name: "as soon as it is on record", isThere: () => recorded().length > 0 },
  {
    name: "as soon as its group is made",
    isThere: () => recorded().some((name) => readFileSync(join(scenarios, name), "utf8").includes('"inode"')),
  },
  { name: "while a step holds", isThere: (err) => err.includes("Step[0]") },
];

for (const { name, isThere } of phases) {
  test(`a Corral that is killed ${name} leaves nothing once corral gc has run`, async (t) => {
    if (!requires(t, root())) return;
    const started = bench.start(run(fileOf("killed", [endless])));
    await until(name, () => {
      try {
        return isThere(started.err());
      } catch {
        return false;
      }
    });
    started.kill("SIGKILL");
    await started.ended;
    const { status, out } = await bench.corral(["gc", "--json"]);
    const removed = (JSON.parse(out) as { removed: { kind: string }[] }).removed.map(({ kind }) => kind);
    assert.deepEqual([status, removed.includes("scenario")], [0, true]);
    assert.deepEqual([bench.parent.children(), recorded()], [[], []]);
    await until("its processes are gone", () => bench.leftovers().processes.length === 0);
  });
}
