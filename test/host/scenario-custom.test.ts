import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { listTasks, packageRoot, readAffinity } from "../../src/kernel/index.ts";
import { customCommand } from "../../src/scenario/custom/index.ts";
import type { WorkLatencies } from "../../src/scenario/model/index.ts";
import { rehearse } from "../../src/scenario/rehearse/index.ts";
import type { WorkerPlan, WorkerSet } from "../../src/scenario/workers/index.ts";
import { percentileNs, startWorkers } from "../../src/scenario/workers/index.ts";
import type { GroupParent } from "../shared/group-parent.ts";
import { makeGroupParent } from "../shared/group-parent.ts";
import { startTicks } from "../shared/processes.ts";
import { openPackageRoot } from "../shared/readable-copy.ts";
import { controller, cpus, requires, root } from "../shared/requires.ts";
import { planOf } from "../shared/scenario-workers.ts";
import { scaled, sleep, until } from "../shared/timing.ts";

const directory = mkdtempSync(join(tmpdir(), "corral-custom-"));
chmodSync(directory, 0o755);
let parent: GroupParent | null = null;

before(() => {
  if (process.getuid?.() === 0) parent = makeGroupParent();
});

after(async () => {
  await parent?.remove();
  rmSync(directory, { recursive: true, force: true });
});

const modules = {
  // Counts and tells a latency of a millisecond until it is to stop; waits for nothing.
  "spin.mjs": `export const spin = (context) => {
    while (!context.stopping) { context.count(3); context.sample(1_000_000); }
  };`,
  // Waits for its end alone.
  "wait.mjs": `export default (context) => new Promise((resolve) => {
    context.count();
    context.signal.addEventListener("abort", () => resolve());
  });`,
  "throw.mjs": `export default async (context) => { context.count(); throw new Error("no more of this"); };`,
  "deaf.mjs": "export default (context) => { for (;;) context.count(); };",
  "refused.mjs": `export default (context) => {
    context.count();
    context.failed(Object.assign(new Error("not for us"), { code: "EPERM" }));
  };`,
  "sample.mjs": "export default (context) => context.sample(5);",
  // Writes down what it was given.
  "tell.mjs": `import { writeFileSync } from "node:fs";
  export default async (context) => {
    const { name, config, index, workers, cgroup, cpus, siblings } = context;
    const told = { name, index, workers, cgroup, cpus, siblings, cwd: process.cwd(), uid: process.getuid(), mark: process.env.CUSTOM_MARK };
    writeFileSync(config.file + index, JSON.stringify(told));
    while (!context.stopping) { context.count(); await new Promise((resolve) => setTimeout(resolve, 1)); }
  };`,
} as const;
for (const [name, text] of Object.entries(modules)) writeFileSync(join(directory, name), text);

interface Wish extends Partial<Omit<WorkerPlan, "workType" | "resources">> {
  readonly export?: string;
  readonly samples?: WorkLatencies;
  readonly config?: unknown;
}

function customPlan(module: keyof typeof modules | "absent.mjs", wish: Wish = {}): WorkerPlan {
  const { export: name = "default", samples = "none", config = null, comm = null, ...rest } = wish;
  const order = { module, export: name, name: "custom", config, samples, directory, cgroup: null, comm };
  return planOf("Custom", { ...rest, comm, resources: customCommand(order) });
}

const begun = (set: WorkerSet): Promise<void> =>
  until("every worker has counted", () => set.sample().every(({ iterations }) => iterations > 0));

test("a function waits to be let go, works until it is to stop, and reports like other workers", async () => {
  await using set = await startWorkers(customPlan("spin.mjs", { export: "spin", samples: "wake", workers: 2 }));
  assert.deepEqual(
    set.sample().map(({ stage, iterations, cpuTimeNs }) => [stage, iterations, cpuTimeNs]),
    [
      ["ready", 0, 0],
      ["ready", 0, 0],
    ],
  );
  set.release();
  await begun(set);
  const before = set.sample();
  await until("counters grow", () => set.sample().every((one, at) => one.iterations > (before[at]?.iterations ?? 0)));
  const reports = await set.stop({ timeoutMs: scaled(5000) });
  for (const report of reports) {
    assert.deepEqual([report.completed, report.end, report.failureText], [true, { kind: "exited", code: 0 }, null]);
    assert.equal(report.workUnits, report.iterations * 3);
    assert.equal(report.latencyKind, "wake");
    assert.equal(report.latencies.samples, report.iterations);
    assert.deepEqual([report.minLatencyNs, report.maxLatencyNs], [1_000_000, 1_000_000]);
    const median = percentileNs(report.latencies, 0.5) ?? 0;
    assert.ok(Math.abs(median - 1_000_000) <= 1_000_000 / 256, String(median));
    assert.ok(report.wallTimeNs > 0 && report.cpuTimeNs > 0 && report.cpusUsed.length > 0);
    assert.ok(report.maxGapNs > 0 && report.maxGapNs <= report.wallTimeNs);
    assert.ok((report.slices ?? 0) >= 0 && (report.minorFaults ?? -1) >= 0);
  }
});

test("a function that waits for its signal alone lives until then", async () => {
  await using set = await startWorkers(customPlan("wait.mjs"));
  set.release();
  await begun(set);
  await sleep(scaled(200));
  assert.deepEqual(
    set.sample().map(({ hasEnded, iterations }) => [hasEnded, iterations]),
    [[false, 1]],
  );
  const [report] = await set.stop({ timeoutMs: scaled(5000) });
  assert.deepEqual([report?.completed, report?.iterations], [true, 1]);
});

test("what a function throws ends its worker, and is told", async () => {
  await using set = await startWorkers(customPlan("throw.mjs"));
  set.release();
  await set.ended;
  const [report] = await set.stop({ timeoutMs: scaled(5000) });
  assert.deepEqual(
    [report?.completed, report?.end, report?.iterations, report?.failures, report?.failureText],
    [false, { kind: "exited", code: 1 }, 1, 1, "no more of this"],
  );
});

test("a function that does not stop is killed when its time is over, and its time ends with its death", async () => {
  await using set = await startWorkers(customPlan("deaf.mjs"));
  set.release();
  await begun(set);
  const [report] = await set.stop({ timeoutMs: 200 });
  assert.deepEqual([report?.completed, report?.end], [false, { kind: "timed-out" }]);
});

test("a function that returns has done its work, and what was refused is counted", async () => {
  await using set = await startWorkers(customPlan("refused.mjs"));
  set.release();
  await set.ended;
  const [report] = await set.stop({ timeoutMs: scaled(5000) });
  assert.deepEqual(
    [report?.completed, report?.failures, report?.failureError, report?.failureText],
    [true, 1, "EPERM", "not for us"],
  );
});

test("a latency of work that is to have none is a mistake of the function's", async () => {
  await using set = await startWorkers(customPlan("sample.mjs"));
  set.release();
  await set.ended;
  const [report] = await set.stop({ timeoutMs: scaled(5000) });
  assert.match(report?.failureText ?? "", /^the scenario says no `samples` for this work/);
});

test("a module that cannot be had is told before anything begins, and nothing is left", async () => {
  const start = startWorkers(customPlan("absent.mjs", { workers: 2 }));
  await assert.rejects(start, {
    code: "START_FAILED",
    message: /^2 workers for Custom could not be made: module absent\.mjs cannot be loaded: Cannot find module/,
  });
  await assert.rejects(startWorkers(customPlan("spin.mjs", { export: "none" })), {
    message: '1 worker for Custom could not be made: module spin.mjs has no function "none" among its exports',
  });
});

test("its name and its user are those that were asked for", async (t) => {
  if (!requires(t, root())) return;
  const plan = customPlan("wait.mjs", { comm: "custom-one", uid: 65_534, gid: 65_534 });
  // The program is where that user may read it.
  const resources = plan.resources.map((text) => text.replace(packageRoot(), openPackageRoot()));
  await using set = await startWorkers({ ...plan, resources });
  const [pid] = set.pids;
  assert.match(readFileSync(`/proc/${pid}/status`, "latin1"), /^Name:\tcustom-one$[\s\S]*^Uid:(\t65534){4}$/m);
});

test("in a group it is there from its first instruction, knows its place, and all its threads keep to their CPUs", async (t) => {
  if (!requires(t, root(), cpus(2), controller("cpuset"))) return;
  process.env["CUSTOM_MARK"] = "given";
  const file = join(directory, "told-");
  const affinities: string[][] = [];
  const runtime = mkdtempSync(join(directory, "run-"));
  const Custom = { module: "tell.mjs", name: "teller", config: { file } } as const;
  const [rehearsal] = await rehearse(
    {
      version: 1,
      name: "custom",
      duration: `${scaled(60)}s`,
      steps: [
        {
          hold: { fixed: `${scaled(1)}s` },
          setup: [{ name: "a", works: [{ workType: { Custom }, workers: 2, affinity: "single_cpu" }] }],
        },
      ],
      checks: { notStuck: true, maxGapMs: scaled(2000) },
    },
    {
      runtime,
      directory,
      ...(parent !== null && { cgroupParent: parent.argument }),
      onEvent: (event) => {
        if (event.kind !== "step_start") return;
        const pids = readdirSync("/proc").filter((name) => {
          const text = /^\d+$/.test(name) && startTicks(Number(name)) !== null ? commandOf(name) : "";
          return text.startsWith(process.execPath) && text.includes(file);
        });
        affinities.push(...pids.map((pid) => listTasks(Number(pid)).map(readAffinity)));
      },
    },
  );
  delete process.env["CUSTOM_MARK"];
  assert.deepEqual(
    [rehearsal?.verdict, rehearsal?.record.works[0]?.workType],
    ["pass", "teller"],
    JSON.stringify(rehearsal?.results),
  );
  const told = [0, 1].map((index) => JSON.parse(readFileSync(`${file}${index}`, "utf8")) as Record<string, unknown>);
  for (const [index, one] of told.entries()) {
    assert.deepEqual(
      [one["name"], one["index"], one["workers"], one["cwd"], one["mark"], (one["siblings"] as number[]).length],
      ["teller", index, 2, directory, "given", 1],
    );
    assert.match(String(one["cgroup"]), /\/corral-scenario-[^/]+\/a$/);
    assert.deepEqual(one["cpus"], [0]);
  }
  assert.equal(affinities.length, 2);
  for (const list of affinities) assert.deepEqual(new Set(list), new Set(["0"]));
  assert.ok((affinities[0]?.length ?? 0) > 1, "node has threads");
});

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
