import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import type { ScenarioDocument } from "../../src/scenario/results/index.ts";
import { findTool } from "../../vm/tool.ts";
import { openBench } from "../shared/bench.ts";
import { until } from "../shared/timing.ts";
import { leftoversOf, requireVm } from "./support.ts";

/** A loaded machine boots a guest in minutes. */
const limitMs = 900_000;
const bench = openBench();
after(() => bench.close());

/** A file in a directory that the guest has to be shown. */
function fileOf(name: string, text: string): string {
  const path = join(bench.dir, name);
  writeFileSync(path, text);
  return path;
}

fileOf(
  "groups.mjs",
  `export const make = ({ topology }) => [{ name: "made", works: [{ workers: topology.cpus.length }] }];\n`,
);
fileOf(
  "check.mjs",
  `export default ({ claim, record }) => claim("the guest's CPUs", record.host.cpus.length).equals(2);\n`,
);
chmodSync(fileOf("tool.sh", "#!/bin/sh\nprintf '{\"answer\": 42}'\n"), 0o755);

/** Steps of what a guest can be told to do, as YAML and as a module. */
const steps = `[{setup: {module: groups.mjs, export: make}, ops: [{run_payload: {payload: tool}}, {wait_payload: {payload: tool}}], hold: {fixed: 300ms}}]`;
const payloads = `[{name: tool, command: [tool.sh], output: json, include_files: [tool.sh], checks: [{min: {metric: answer, value: 42}}, {exit_code_eq: 0}]}]`;
const whole = fileOf(
  "whole.yaml",
  `version: 1\nname: whole\npayloads: ${payloads}\nsteps: ${steps}\nchecks: {not_stuck: true, max_gap_ms: 600000, max_spread_pct: 100}\nexpect: [{check: {module: check.mjs}}]\n`,
);
const asModule = fileOf(
  "failing.mjs",
  `export default {
  version: 1,
  name: "failing",
  backdrop: { cgroups: [{ name: "base", works: [] }] },
  steps: [
    { setup: [{ name: "a" }], hold: { fixed: "100ms" } },
    { ops: [{ wait: { for: { state: { cgroup: "base", is: "populated" } }, timeout: "50ms" } }], hold: { fixed: "0s" } },
  ],
};\n`,
);
const runVm = (file: string, ...flags: readonly string[]) => ["scenario", "run", file, "--vm", ...flags];

test("a file runs in a guest with all that it names, twice in one boot, and its reports are written here", async (t) => {
  if (!(await requireVm(t))) return;
  const [report, html, junit] = ["json", "html", "xml"].map((ending) => bench.fresh(`report.${ending}`)) as [
    string,
    string,
    string,
  ];
  const flags = ["--repeat", "2", "--report", report, "--html", html, "--junit", junit];
  const { status, out, err } = await bench.corral(runVm(whole, ...flags), { limitMs });
  assert.equal(status, 0, `${out}\n${err}`);
  const documents = JSON.parse(readFileSync(report, "utf8")) as ScenarioDocument[];
  assert.deepEqual(
    documents.map((one) => [one.verdict, one.where, one.file, one.repeat, one.works[0]?.workers]),
    [0, 1].map((repeat) => ["pass", "vm", whole, repeat, 2]),
  );
  for (const { payloads: runs, checks } of documents) {
    assert.deepEqual(
      runs[0]?.metrics.map(({ name, value }) => [name, value]),
      [["answer", 42]],
    );
    assert.equal(checks.find(({ kind }) => kind === "claim")?.outcome, "pass");
  }
  // One boot, and what goes on is told as it comes.
  assert.equal(err.match(/^\[corral\] guest \S+: booted in /gm)?.length, 1, err);
  assert.equal(err.match(/^\[corral\] Step\[0\]: 1 groups, 2 workers, for 300 ms$/gm)?.length, 2, err);
  assert.match(out, /^scenario whole passed: 2 runs, 2 pass$/m);
  assert.match(readFileSync(html, "utf8"), /<\/html>\n$/);
  assert.match(readFileSync(junit, "utf8"), /<testsuites .* failures="0" errors="0"/);
  emulationIsTold(documents[0] as ScenarioDocument, out);
});

/** An emulated guest is a slow machine: that was measured, what it changed is told, and the hold was kept. */
function emulationIsTold({ dilation, phases, notes }: ScenarioDocument, out: string): void {
  assert.equal(dilation.source, "measured");
  assert.ok(dilation.factor > 1.5, JSON.stringify(dilation));
  assert.equal(dilation.limits_ms["start_wait"], Math.round(30_000 * dilation.setup_factor));
  assert.ok(dilation.uncounted_sec > 0);
  assert.equal(phases.at(-1)?.planned_hold_ms, 300);
  assert.match(out, /^time is [\d.]+ times slower than on a nominal machine, set-up [\d.]+ times \(measured: /m);
  assert.ok(
    notes.some((note) => note.includes("were multiplied by that")),
    notes.join("\n"),
  );
}

test("a module that fails there ends with 1, and without other words when it is told to be quiet", async (t) => {
  if (!(await requireVm(t))) return;
  const flags = ["--quiet", "--json", "--dilation", "2", "--cpus", "4", "--numa", "2", "--memory", "1G"];
  const { status, out, err } = await bench.corral(runVm(asModule, ...flags), { limitMs });
  assert.deepEqual([status, err], [1, ""], out);
  const { verdict, failures, host, dilation } = JSON.parse(out) as ScenarioDocument;
  assert.deepEqual([verdict, host.cpus.length, host.nodes.length, dilation.source], ["fail", 4, 2, "given"]);
  assert.match(
    failures[0]?.message ?? "",
    /^step 1 failed: it did not come true within 100 ms \(50 ms, for time is slower here\) that "base" is populated/,
  );
});

test("Ctrl-C ends the guest, and nothing of it is left", async (t) => {
  if (!(await requireVm(t))) return;
  const long = fileOf("long.yaml", "version: 1\nname: long\nduration: 1000s\nsteps: [{setup: [{name: a}]}]\n");
  const started = bench.start(runVm(long), { limitMs });
  let hasEnded = false;
  void started.ended.then(() => (hasEnded = true));
  await until("the step holds", () => hasEnded || started.err().includes("Step[0]"), limitMs);
  assert.equal(hasEnded, false, started.err());
  const [directory = ""] = guestDirectories(started.pid);
  assert.notEqual(directory, "");
  started.kill("SIGINT");
  const { signal, out } = await started.ended;
  assert.deepEqual([signal, out], ["SIGINT", ""]);
  assert.deepEqual(leftoversOf(directory), []);
});

/** Directories of guests whose QEMU is a child of a process. */
function guestDirectories(pid: number): readonly string[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  const lines = children.map((child) => {
    const path = `/proc/${child}/cmdline`;
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  });
  return lines.flatMap((line) => /(\/\S*?corral-vm-\w+)\/root\.sock/.exec(line.replaceAll("\0", " "))?.[1] ?? []);
}

test("what a guest cannot have is refused before there is one", async () => {
  const hidden = `/dev/shm/corral-hidden-${process.pid}.yaml`;
  for (const [args, words] of [
    [runVm(whole, "--supervise", "1"), /--supervise names something of the host/],
    [runVm(whole, "--cgroup-parent", "/x"), /--cgroup-parent names something of the host/],
    [["scenario", "run", whole, "--cpus", "4"], /--cpus is of a guest, and this run is on the host; add --vm/],
    [runVm(fileOf("wrong.yaml", "version: 1\nname: wrong\n")), /wrong\.yaml:1:1: /],
    [
      runVm(fileOf("lost.yaml", readFileSync(whole, "utf8").replace("[tool.sh], checks", "[lost.sh], checks"))),
      /the file "lost\.sh" that payload "tool" includes is not there/,
    ],
  ] as const) {
    const { status, err } = await bench.corral(args);
    assert.deepEqual([status, words.test(err)], [2, true], err);
  }
  writeFileSync(hidden, readFileSync(whole, "utf8").replace("include_files: [tool.sh], ", ""));
  try {
    const { status, err } = await bench.corral(runVm(hidden));
    assert.deepEqual([status, /the guest cannot see \/dev\/shm: it has a \/dev of its own/.test(err)], [2, true], err);
  } finally {
    rmSync(hidden);
  }
});

test("where there is no QEMU it ends with 125 and what to install", async (t) => {
  const qemu = findTool("qemu-system-x86_64");
  if (process.getuid?.() !== 0) return t.skip("hiding it needs root");
  // A mount namespace of its own, in which the program is no program.
  const hide = qemu === null ? "" : `mount --bind /dev/null ${qemu} && `;
  const wrap = ["unshare", "--mount", "sh", "-c", `${hide}exec "$@"`, "sh"];
  const { status, out, err } = await bench.corral(runVm(whole), { wrap });
  assert.deepEqual([status, out], [125, ""], err);
  assert.match(err, /qemu-system-x86/);
});
