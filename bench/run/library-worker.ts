import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { performance } from "node:perf_hooks";
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

/** Milliseconds: the event loop held by the call, held until the exit was known, and from call to exit. */
export interface LibrarySample {
  readonly callMs: number;
  readonly activeMs: number;
  readonly totalMs: number;
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

/** Times one spawn: `call` returns at once with what settles at the exit. */
async function sample(call: () => Promise<unknown>): Promise<LibrarySample> {
  const before = performance.eventLoopUtilization();
  const startMs = nowMs();
  const ended = call();
  const callMs = nowMs() - startMs;
  await ended;
  const totalMs = nowMs() - startMs;
  return { callMs, activeMs: performance.eventLoopUtilization(before).active, totalMs };
}

function callers(work: LibraryWork, nullFd: number): Map<string, () => Promise<LibrarySample>> {
  const env = Object.entries(process.env).map(([name, value]) => `${name}=${value}`);
  const spawnIt = (): Promise<unknown> =>
    new Promise((resolve) => spawn(program, [], { stdio: "ignore" }).once("exit", resolve));
  const launchIt = async (): Promise<unknown> => {
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
    return child.exit;
  };
  const startIt = async (): Promise<unknown> => {
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
    return started.started ? started.job.result : undefined;
  };
  return new Map([
    ["child_process.spawn", () => sample(spawnIt)],
    ["execa", () => sample(() => execa(program, [], { stdio: "ignore" }))],
    ["corral: spawn into a group", () => sample(launchIt)],
    ["corral: startRun, three limits", () => sample(startIt)],
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
