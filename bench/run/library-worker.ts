import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { performance } from "node:perf_hooks";
import type { ResultPromise } from "execa";
import { execa } from "execa";
import { inheritAll, launch } from "../../src/kernel/index.ts";
import { noAttributes, startRun } from "../../src/run/index.ts";
import { interleave, nowMs } from "../lib/measure.ts";

/** How large the parent process is made before it spawns. */
export const parentSizes = {
  "small parent": { heapMib: 0, rssMib: 0 },
  "1 GiB of heap": { heapMib: 1024, rssMib: 0 },
  "500 MiB of buffers": { heapMib: 0, rssMib: 500 },
} as const;
export type ParentSize = keyof typeof parentSizes;

/**
 * Milliseconds of one spawn. The event loop is held whenever it is not waiting in its poll, so what callbacks of the
 * spawn do after the call counts as well, and nothing is spared by doing it on another thread or later.
 */
export interface LibrarySample {
  /** Event loop held by the call itself. */
  readonly callMs: number;
  /** Event loop held from the call until the caller knows that the program was executed. */
  readonly startMs: number;
  /** Event loop held from the call until the caller knows the exit. */
  readonly activeMs: number;
  /** Wall time from the call to the exit. */
  readonly totalMs: number;
}

/** `started` settles when the program was executed, `ended` when its exit is known. */
interface Spawned {
  readonly started: Promise<unknown>;
  readonly ended: Promise<unknown>;
}

export interface LibraryWork {
  readonly size: ParentSize;
  readonly rounds: number;
  readonly gapMs: number;
  /** v2 group to be born in, and the `tasks` files of v1 groups to join. */
  readonly group: string;
  readonly joins: readonly string[];
  readonly cgroupParent: string;
  readonly stateDir: string;
}

export interface LibraryReport {
  readonly rssMib: number;
  readonly samples: Readonly<Record<string, readonly LibrarySample[]>>;
}

const program = "/bin/true";

/** Times one spawn: `call` returns at once. */
async function sample(call: () => Spawned): Promise<LibrarySample> {
  const before = performance.eventLoopUtilization();
  const beginMs = nowMs();
  const { started, ended } = call();
  const callMs = nowMs() - beginMs;
  const startMs = started.then(() => performance.eventLoopUtilization(before).active);
  await ended;
  const totalMs = nowMs() - beginMs;
  const activeMs = performance.eventLoopUtilization(before).active;
  return { callMs, startMs: await startMs, activeMs, totalMs };
}

const byNode = (child: ChildProcess): Spawned => ({ started: once(child, "spawn"), ended: once(child, "exit") });

// Its promise is what its users wait for.
const byExeca = (child: ResultPromise<{ stdio: "ignore" }>): Spawned => ({
  started: once(child, "spawn"),
  ended: child,
});

/** For a start that resolves with the function that waits for the exit. */
const byCorral = (started: Promise<() => Promise<unknown>>): Spawned => ({
  started,
  ended: started.then((wait) => wait()),
});

function callers(work: LibraryWork, nullFd: number): Map<string, () => Promise<LibrarySample>> {
  const env = Object.entries(process.env).map(([name, value]) => `${name}=${value}`);
  const launchIt = async () => {
    const { child } = await launch({
      launcherOptions: { ...inheritAll, joins: work.joins },
      command: program,
      args: [],
      env,
      fds: [nullFd, nullFd, nullFd],
      cgroup: work.group,
      mode: "pool",
      beforeExec: null,
      signal: null,
    });
    return () => child.exit;
  };
  const startIt = async () => {
    const started = await startRun(
      {
        command: [program],
        jobId: null,
        limits: { cpuMax: { quotaUs: 50_000, periodUs: 100_000 }, memoryMax: 512 * 1024 * 1024, pidsMax: 100 },
        attributes: noAttributes,
        env: process.env as Record<string, string>,
        stdio: [nullFd, nullFd, nullFd],
        timeoutMs: null,
        killAfterMs: 10_000,
        lifetime: "detach",
        processGroup: "own",
        strict: false,
        slaEligible: false,
        intent: null,
        tags: {},
        cgroupParent: work.cgroupParent,
        scope: "cgroupfs",
        account: false,
      },
      { directories: { runtime: `${work.stateDir}/run`, results: `${work.stateDir}/results` } },
    );
    if (!started.started) throw started.error;
    return () => started.job.result;
  };
  // A fork write-protects the pages of its parent, and whoever runs next takes the faults: not the one that is judged.
  return new Map([
    ["child_process.spawn", () => sample(() => byNode(spawn(program, [], { stdio: "ignore" })))],
    ["execa", () => sample(() => byExeca(execa(program, [], { stdio: "ignore" })))],
    ["corral: startRun, three limits", () => sample(() => byCorral(startIt()))],
    ["corral: spawn into a group", () => sample(() => byCorral(launchIt()))],
  ]);
}

/** Fills the heap with small objects or memory with touched pages; what is returned must be kept. */
function grow(size: ParentSize): unknown {
  const { heapMib, rssMib } = parentSizes[size];
  // An array of 130,000 small integers is one MiB of heap.
  const heap = Array.from({ length: heapMib }, (_, seed) =>
    Array.from({ length: 130_000 }, (__, index) => index + seed),
  );
  return [heap, Buffer.alloc(rssMib * 1024 * 1024, 1)];
}

/** The whole work of one parent process. */
export async function runLibraryWorker(work: LibraryWork): Promise<LibraryReport> {
  const kept = grow(work.size);
  const nullFd = openSync("/dev/null", "r+");
  const { samples } = await interleave(work.rounds, work.gapMs, callers(work, nullFd));
  closeSync(nullFd);
  const rssMib = Math.round(process.memoryUsage.rss() / 1024 / 1024);
  return { rssMib: kept === undefined ? 0 : rssMib, samples: Object.fromEntries(samples) };
}
