import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { ProcessIdentity } from "../../src/kernel/index.ts";
import {
  identityOf,
  listTasks,
  readAffinity,
  readIoPriority,
  readNice,
  readOomScore,
  readRlimit,
  readScheduling,
  rlimits,
} from "../../src/kernel/index.ts";
import type { AttachSpec } from "../../src/run/attach/index.ts";
import { startAttach } from "../../src/run/attach/index.ts";
import type { RunningJob, StateDirectories } from "../../src/run/index.ts";
import { noAttributes } from "../../src/run/index.ts";
import type { Bench } from "./bench.ts";
import { readProc } from "./processes.ts";

/** A process that Corral did not start, and that the bench ends at the latest. */
export interface Target {
  readonly pid: number;
  readonly identity: ProcessIdentity;
  readonly child: ChildProcess;
  /** Exit code and signal, as its parent learns them. */
  readonly ended: Promise<readonly [code: number | null, signal: NodeJS.Signals | null]>;
  /** Lets it read a line. */
  say(line: string): void;
}

/** Starts `command` without Corral; resolves when it has executed it. */
export async function startTarget(
  bench: Bench,
  command: readonly [string, ...string[]] = ["sleep", "1000"],
  wrap: readonly string[] = [],
): Promise<Target> {
  const [program = "", ...args] = [...wrap, ...command];
  const child = spawn(program, args, { env: bench.env, stdio: ["pipe", "ignore", "ignore"] });
  child.stdin?.on("error", () => {});
  const ended = once(child, "exit").then(([code, signal]) => [code, signal] as const);
  await once(child, "spawn");
  const pid = child.pid ?? 0;
  const identity = identityOf(pid);
  if (identity === null) throw new Error(`${command.join(" ")} ended at once`);
  return { pid, identity, child, ended, say: (line) => void child.stdin?.write(`${line}\n`) };
}

/** Where a bench's CLI keeps its records. */
export const directoriesOf = (bench: Bench): StateDirectories => ({
  runtime: path.join(bench.stateDir, "run"),
  results: path.join(bench.stateDir, "results"),
});

/** What an attach of a library test asks for; nothing but the parts given. */
export const attachSpec = (bench: Bench, target: ProcessIdentity, part: Partial<AttachSpec> = {}): AttachSpec => ({
  target,
  jobId: null,
  tree: true,
  keepLimits: false,
  forceMove: false,
  limits: {},
  attributes: noAttributes,
  cgroupParent: bench.parent.argument,
  scope: "cgroupfs",
  account: false,
  strict: false,
  slaEligible: false,
  intent: null,
  tags: {},
  ...part,
});

/** Attaches in this process; the attach must succeed. */
export async function attachTo(
  bench: Bench,
  target: ProcessIdentity,
  part: Partial<AttachSpec> = {},
): Promise<RunningJob> {
  const result = await startAttach(attachSpec(bench, target, part), { directories: directoriesOf(bench) });
  if (!result.started) throw result.error;
  return result.job;
}

/** Everything of a process that attaching may change, each thread for itself. */
export function stateOfProcess(pid: number): Readonly<Record<string, unknown>> {
  return {
    identity: identityOf(pid),
    cgroup: readProc(`${pid}/cgroup`),
    oomScore: readOomScore(pid),
    rlimits: Object.values(rlimits).map((resource) => readRlimit(pid, resource)),
    threads: listTasks(pid).map((tid) => ({
      tid,
      nice: readNice(tid),
      ioPriority: readIoPriority(tid),
      scheduling: readScheduling(tid),
      affinity: readAffinity(tid),
    })),
  };
}

/** Sleeps until told otherwise, with four threads beside the leader, all at rest. */
export const threadedProgram = [
  process.execPath,
  "-e",
  `const { Worker } = require("node:worker_threads");
   for (let i = 0; i < 4; i++) new Worker("setInterval(() => {}, 1e6)", { eval: true });
   process.stdin.resume();`,
] as const;
