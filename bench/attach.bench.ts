/**
 * `npm run bench -- attach`: what it costs to put a running process under limits and to give it back, beside cgclassify(1)
 * and a plain write to cgroup.procs, and how soon the end of a process that is not our child is known.
 *
 *     npm run bench -- attach [--rounds N] [--json]
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import type { Controller } from "../src/cgroup/index.ts";
import type { ProcessIdentity } from "../src/kernel/index.ts";
import { identityOf, packageRoot } from "../src/kernel/index.ts";
import { startAttach } from "../src/run/attach/index.ts";
import type { RunningJob } from "../src/run/index.ts";
import { noAttributes } from "../src/run/index.ts";
import type { BenchParent } from "./lib/group-parent.ts";
import { makeParent } from "./lib/group-parent.ts";
import { nowMs } from "./lib/measure.ts";
import { fixed, table } from "./lib/print.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "101" }, json: { type: "boolean", default: false } },
});
const rounds = Number(values.rounds);

/** The limits of every variant: one hierarchy on v1, beside the v2 one that tracks. */
const pidsMax = 100;

interface Figures {
  readonly name: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

function figures(name: string, samples: readonly number[]): Figures {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (part: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
  return { name, p50Ms: at(0.5), p99Ms: at(0.99) };
}

interface Place {
  readonly scratch: string;
  readonly parent: BenchParent;
}

async function startTarget(
  command: readonly [string, ...string[]] = ["sleep", "1000"],
): Promise<[ChildProcess, ProcessIdentity]> {
  const [program, ...args] = command;
  const child = spawn(program, args, { stdio: ["pipe", "ignore", "ignore"] });
  await once(child, "spawn");
  const identity = identityOf(child.pid ?? 0);
  if (identity === null) throw new Error("the target ended at once");
  return [child, identity];
}

async function attach({ scratch, parent }: Place, target: ProcessIdentity, nice: number | null): Promise<RunningJob> {
  const started = await startAttach(
    {
      target,
      jobId: null,
      tree: true,
      keepLimits: false,
      forceMove: true,
      limits: nice === null ? { pidsMax } : {},
      attributes: { ...noAttributes, nice },
      cgroupParent: parent.argument,
      scope: "cgroupfs",
      account: false,
      strict: false,
      slaEligible: false,
      intent: null,
      tags: {},
    },
    {
      directories: { runtime: path.join(scratch, "run"), results: path.join(scratch, "results") },
      lookAtAllJobs: false,
    },
  );
  if (!started.started) throw started.error;
  return started.job;
}

/** The library in a warm process: until the limits stand, and until all is undone. */
async function measureLibrary(place: Place, nice: number | null): Promise<Figures[]> {
  const [child, target] = await startTarget();
  const governed: number[] = [];
  const undone: number[] = [];
  for (let round = -10; round < rounds; round += 1) {
    const start = nowMs();
    const job = await attach(place, target, nice);
    const stands = nowMs();
    await job.detach("bench");
    if (round < 0) continue;
    governed.push(stands - start);
    undone.push(nowMs() - stands);
  }
  child.kill("SIGKILL");
  const what = nice === null ? "a limit in a group" : "a nice value alone";
  return [
    figures(`library, ${what}: until it stands`, governed),
    figures(`library, ${what}: until it is undone`, undone),
  ];
}

/** A whole program from its start to its end. */
async function measurePrograms(place: Place): Promise<Figures[]> {
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const corral = path.join(packageRoot(), "dist/corral.cjs");
  const own = { ...env, CORRAL_STATE_DIR: place.scratch, CORRAL_CGROUP_PARENT: place.parent.argument };
  const group = makeGroup(place);
  const from = place.parent.directoryOf("pids") ?? "";
  const variants: Record<string, (pid: string) => readonly string[]> = {
    "corral attach --once, a limit in a group": (pid) => [
      process.execPath,
      corral,
      "attach",
      "--quiet",
      "--pid",
      pid,
      "--pids-max",
      String(pidsMax),
      "--force-move",
      "--once",
    ],
    "node, an empty script": () => [process.execPath, "-e", "0"],
  };
  if (existsSync("/usr/bin/cgclassify"))
    variants["cgclassify, group and limit there before"] = (pid) => ["cgclassify", "-g", `pids:${group.name}`, pid];
  const results: Figures[] = [];
  for (const [name, argv] of Object.entries(variants)) {
    const samples: number[] = [];
    for (let round = 0; round < Math.min(rounds, 31); round += 1) {
      const [child, { pid }] = await startTarget();
      const [program = "", ...args] = argv(String(pid));
      const start = nowMs();
      const { status, stderr } = spawnSync(program, args, { env: own, encoding: "utf8" });
      samples.push(nowMs() - start);
      if (status !== 0) throw new Error(`${name}: ${stderr}`);
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    results.push(figures(name, samples));
  }
  spawnSync(process.execPath, [corral, "gc"], { env: own });
  const [child, { pid }] = await startTarget();
  const writes: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = nowMs();
    writeFileSync(`${group.directory}/cgroup.procs`, String(pid));
    writes.push(nowMs() - start);
    writeFileSync(`${from}/cgroup.procs`, String(pid));
  }
  child.kill("SIGKILL");
  await once(child, "exit");
  rmdirSync(group.directory);
  return [...results, figures("a write to cgroup.procs, in one hierarchy", writes)];
}

function makeGroup({ parent }: Place): { readonly name: string; readonly directory: string } {
  const controller: Controller = "pids";
  const directory = `${parent.directoryOf(controller)}/by-hand`;
  mkdirSync(directory);
  writeFileSync(`${directory}/pids.max`, String(pidsMax));
  return { name: `${parent.name}/by-hand`, directory };
}

/** From the signal that ends a process to its result, written and told. */
async function measureEnds(place: Place): Promise<Figures> {
  const samples: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const [child, target] = await startTarget();
    const job = await attach(place, target, 5);
    const start = nowMs();
    child.kill("SIGKILL");
    const report = await job.result;
    samples.push(nowMs() - start);
    if (report.exit_signal !== "SIGKILL") throw new Error("the end was not told");
  }
  return figures("the end of a process: from KILL to its result", samples);
}

const scratch = mkdtempSync("/dev/shm/corral-bench-");
const parent = makeParent();
const place: Place = { scratch, parent };
try {
  const all = [
    ...(await measureLibrary(place, null)),
    ...(await measureLibrary(place, 5)),
    ...(await measurePrograms(place)),
    await measureEnds(place),
  ];
  if (values.json)
    process.stdout.write(`${JSON.stringify({ schema: "corral.bench-attach/1", rounds, figures: all }, null, 2)}\n`);
  else {
    const rows = all.map(({ name, p50Ms, p99Ms }) => [name, fixed(p50Ms), fixed(p99Ms)]);
    process.stdout.write(`${table(["milliseconds", "p50", "p99"], rows)}\n`);
  }
} finally {
  await parent.remove();
  rmSync(scratch, { recursive: true, force: true });
}
