import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { openBench } from "../shared/bench.ts";
import { parsePrometheus } from "../shared/prometheus.ts";
import { controller, requires, root } from "../shared/requires.ts";
import { sleep, until } from "../shared/timing.ts";
import { ask, copyProgram, groupsOf, startProgram, startWatch } from "../shared/watching.ts";

const bench = openBench();
const crowdSize = 2000;
const idle = copyProgram(bench, "idle");
const wanted = copyProgram(bench, "wanted");

const crowd = spawn("/bin/bash", ["-c", `for ((i = 0; i < ${crowdSize}; i += 1)); do ${idle} 6000 & done; wait`], {
  detached: true,
  stdio: "ignore",
});

before(() =>
  until(
    "the crowd is there",
    () => readFileSync(`/proc/${crowd.pid}/task/${crowd.pid}/children`, "latin1").split(" ").length > crowdSize,
    60_000,
  ),
);

after(async () => {
  process.kill(-(crowd.pid ?? 0), "SIGKILL");
  await once(crowd, "exit");
  const { groups, records } = bench.leftovers();
  await bench.close();
  assert.deepEqual([groups, records], [[], []]);
});

const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * values.length) - 1)] ?? Number.NaN;

// How fast it is is asked of the benchmark (npm run bench -- watch).
test("among 2,000 processes what is executed is governed once each, mostly by events, and none is lost", async (t) => {
  if (!requires(t, root(), controller("pids"), controller("cpu"))) return;
  const socket = path.join(bench.dir, "scale.sock");
  const watch = await startWatch(
    t,
    bench,
    `version: 1
listen: "unix:${socket}"
scan_interval: 500ms
rules:
  - { name: first, match: { exe: ${wanted} }, limits: { pids-max: 50, cpu-quota: 50 } }
  - { name: second, match: { exe: ["${wanted}"] }, limits: { pids-max: 60 } }
`,
  );
  const { source, refused } = await watch.told("started");
  if (!requires(t, source === null ? `no events: ${refused[0]?.reason ?? "refused"}` : null)) return;
  const programs = [];
  for (let index = 0; index < 200; index += 1) {
    programs.push(startProgram(t, wanted));
    await sleep(10);
  }
  await until("all are governed", () => watch.all("governed").length >= programs.length, 30_000);
  const governed = watch.all("governed");
  const found = governed.flatMap(({ discovered_ms }) => discovered_ms ?? []);
  const done = governed.flatMap(({ governed_ms }) => governed_ms ?? []);
  const { body } = await ask(socket, "/metrics");
  const value = (name: string): number => parsePrometheus(body)[name]?.series[name] ?? Number.NaN;
  const scanMs = (value("corral_watch_scan_duration_seconds") * 1e6) / value("corral_watch_scanned_processes");
  const figures = `discovered p50 ${quantile(found, 0.5)} ms, p99 ${quantile(found, 0.99)} ms; governed p50 ${quantile(done, 0.5)} ms, p99 ${quantile(done, 0.99)} ms; scan ${scanMs.toFixed(1)} ms per 1,000`;
  // Events, scans and two rules raced for each of them.
  assert.deepEqual(
    programs.map(({ pid }) => groupsOf(pid)),
    programs.map(({ pid }) => governed.flatMap((one) => (one.pid === pid ? [one.job_id] : []))),
  );
  assert.deepEqual([...new Set(governed.map(({ rule }) => rule))], ["first"]);
  assert.equal(value("corral_watch_events_lost_total"), 0);
  await watch.stop();
  t.diagnostic(figures);
  assert.ok(found.length > 0, "some were found by events");
});
