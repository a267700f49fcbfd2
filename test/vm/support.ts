import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { ConstraintOutcome, RunReport } from "../../src/report/index.ts";
import { openPackageRoot } from "../shared/readable-copy.ts";
import { sleep, until } from "../shared/timing.ts";

/** The cgroup v2 mount of the guest. */
export const v2 = "/sys/fs/cgroup";

/** A compiled program of fixtures/, such as `burn-cpu`. */
export const fixture = (name: string): string => join(openPackageRoot(), "build/vm-fixtures", name);

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly report: RunReport;
}

/** A `corral run` that has been started. */
export interface Job {
  readonly id: string;
  /** The wrapper: corral itself, under its own pid. */
  readonly corral: ChildProcess;
  readonly ended: Promise<Ran>;
}

export interface RunOptions {
  /** Words put before corral, such as those of setpriv(1); they exec what follows. */
  readonly through?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts corral alone in a group, in one process from sh to node. `user` are further words such as those of setpriv(1). */
export const inside = (group: string, user: readonly string[] = []): RunOptions => ({
  through: ["sh", "-c", `echo $$ >${group}/cgroup.procs; exec "$@"`, "sh", ...user],
});

/** Longest time any single run of these suites may take. */
const runLimitMs = 90_000;
let runs = 0;

const newJobId = (): string => {
  runs += 1;
  return `vmtest-${process.pid}-${runs}`;
};

/** Starts `corral run` with a job id of its own and a report file; the wrapper's own directories are private to the run. */
export function startJob(flags: readonly string[], command: readonly string[], options: RunOptions = {}): Job {
  const id = newJobId();
  const home = mkdtempSync(join(tmpdir(), "corral-vmtest-"));
  // The run may be another user's.
  chmodSync(home, 0o777);
  const corral = [process.execPath, join(openPackageRoot(), "dist/corral.cjs"), "run", "--job-id", id];
  const report = ["--report", join(home, "report.json")];
  const [program = "", ...args] = [...(options.through ?? []), ...corral, ...report, ...flags, "--", ...command];
  const child = spawn(program, args, {
    env: { ...process.env, CORRAL_STATE_DIR: join(home, "state"), ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = collect(child, home);
  // Who kills a run may ask for its end later, or never.
  ended.catch(() => {});
  return { id, corral: child, ended };
}

async function collect(child: ChildProcess, home: string): Promise<Ran> {
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.on("data", (chunk: Buffer) => {
      output[name] += chunk.toString();
    });
  }
  const timer = setTimeout(() => child.kill("SIGKILL"), runLimitMs);
  try {
    const status = await new Promise<number>((resolveStatus, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolveStatus(code ?? -1));
    });
    assert.ok(existsSync(join(home, "report.json")), `corral wrote no report: ${output.stderr}`);
    return { status, ...output, report: JSON.parse(read(join(home, "report.json"))) as RunReport };
  } finally {
    clearTimeout(timer);
    rmSync(home, { recursive: true, force: true });
  }
}

/** Runs a command under `corral run` to its end. */
export function run(flags: readonly string[], command: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return startJob(flags, command, options).ended;
}

/** The one outcome of a limit; the test fails when there is none. */
export function outcomeOf(report: RunReport, name: string): ConstraintOutcome {
  const outcome = report.constraints.find((one) => one.name === name);
  assert.ok(outcome, `no outcome for ${name} in ${JSON.stringify(report.constraints)}`);
  return outcome;
}

/** Asserts that the named limits were applied. */
export function assertApplied(report: RunReport, ...names: readonly string[]): void {
  for (const name of names) assert.equal(outcomeOf(report, name).status, "applied", JSON.stringify(report.constraints));
}

let parents = 0;

/**
 * Makes a group of our own below the root of the mount, hands its path to `body`, kills what is in it and removes it.
 * @param settings control files to write first
 */
export async function withParent<T>(
  body: (parent: string) => Promise<T>,
  settings: Readonly<Record<string, string>> = {},
): Promise<T> {
  parents += 1;
  const parent = `${v2}/corral-vmtest-parent-${process.pid}-${parents}`;
  mkdirSync(parent);
  try {
    for (const [file, value] of Object.entries(settings)) write(`${parent}/${file}`, value);
    return await body(parent);
  } finally {
    write(`${parent}/cgroup.kill`, "1");
    await removeTree(parent);
  }
}

/** Removes a group with all below it once its processes are gone. */
export async function removeTree(group: string): Promise<void> {
  await until(`${group} to be empty`, () => /^populated 0$/m.test(read(`${group}/cgroup.events`)));
  const below = readdirSync(group, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
    .toReversed();
  for (const directory of [...below, group]) rmdirSync(directory);
}

/** Names of the groups directly in a group. */
export const childrenOf = (group: string): string[] =>
  readdirSync(group, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);

/** `--cgroup-parent` for a directory of the mount. */
export const below = (parent: string): string[] => ["--cgroup-parent", parent.slice(v2.length)];

/** Where the group of a job lies below its parent. */
export const groupOf = (parent: string, job: Job): string => `${parent}/corral-${job.id}`;

export const read = (path: string): string => readFileSync(path, "utf8").trim();
export const write = (path: string, text: string): void => writeFileSync(path, text);

/** One number of a flat keyed file such as cpu.stat. */
export function stat(path: string, key: string): number {
  const value = new RegExp(`^${key} (\\d+)$`, "m").exec(read(path))?.[1];
  assert.ok(value, `${basename(path)} has no ${key}`);
  return Number(value);
}

/** True once a job's group exists and its workload is in it, if only to wait for the CPU. */
export function isStarted(group: string): boolean {
  try {
    return read(`${group}/cgroup.procs`) !== "";
  } catch {
    return false;
  }
}

/** True once a workload computes. */
export const isBusy = (group: string): boolean => isStarted(group) && stat(`${group}/cpu.stat`, "usage_usec") > 100_000;

/** CPU time that groups used between two moments, all read by this one process. */
export interface CpuSample {
  readonly wallUs: number;
  readonly usageUs: readonly number[];
  /** Bandwidth periods that passed in the first group. */
  readonly periods: number;
}

/** Measures groups for `seconds`; this process sleeps meanwhile, so that it does not compete. */
export async function sampleCpu(groups: readonly string[], seconds: number): Promise<CpuSample> {
  const usage = (): number[] => groups.map((group) => stat(`${group}/cpu.stat`, "usage_usec"));
  const periods = (): number => stat(`${groups[0]}/cpu.stat`, "nr_periods");
  const before = { at: process.hrtime.bigint(), usage: usage(), periods: periods() };
  await sleep(seconds * 1000);
  const after = { at: process.hrtime.bigint(), usage: usage(), periods: periods() };
  return {
    wallUs: Number(after.at - before.at) / 1000,
    usageUs: after.usage.map((value, index) => value - (before.usage[index] ?? 0)),
    periods: after.periods - before.periods,
  };
}

/** Asserts that Corral refused to start the workload, and says why. */
export function assertRefused({ status, stdout, report }: Ran, message: RegExp): void {
  assert.deepEqual([status, stdout, report.exit_reason, report.pid], [125, "", "start_failed", null]);
  assert.match(report.start_error?.message ?? "", message);
}

/** Asserts that a figure lies within `tolerance` of what is wanted. */
export function assertNear(found: number, wanted: number, tolerance: number, what: string): void {
  assert.ok(Math.abs(found - wanted) <= tolerance, `${what}: ${found.toFixed(2)}, wanted ${wanted} ± ${tolerance}`);
}
