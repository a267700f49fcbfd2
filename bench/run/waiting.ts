import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { packageRoot, signalNumbers, spawnProcess } from "../../src/kernel/index.ts";
import type { Summary } from "../lib/measure.ts";
import { interleave, nowMs, sleep, summarize } from "../lib/measure.ts";
import type { Target } from "../lib/print.ts";
import { fixed, table } from "../lib/print.ts";
import type { Settings } from "./settings.ts";
import { plainEnvironment, threeLimits, writeBareScript } from "./settings.ts";

export interface Waiter {
  readonly name: string;
  readonly rss_mib: number;
  readonly pss_mib: number;
  /** CPU time and voluntary context switches of all its threads within `WaitingResult.watched_sec`. */
  readonly cpu_ms: number;
  readonly switches: number;
}

export interface WaitingResult {
  readonly watched_sec: number;
  readonly waiters: readonly Waiter[];
  /** From the KILL of a sleeping child to the moment its parent knows. */
  readonly exit_latency_us: Readonly<Record<string, Summary>>;
}

const watchedSec = 10;
const settleMs = 1500;

const field = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? Number.NaN);

/** What a process has used so far, over all threads (proc_pid_schedstat(5), proc_pid_status(5)). */
function usageOf(pid: number): { readonly cpuMs: number; readonly switches: number } {
  const threads = readdirSync(`/proc/${pid}/task`).map((task) => `/proc/${pid}/task/${task}`);
  const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    cpuMs: sum(threads.map((task) => field(readFileSync(`${task}/schedstat`, "latin1"), /^(\d+)/) / 1e6)),
    switches: sum(
      threads.map((task) => field(readFileSync(`${task}/status`, "latin1"), /^voluntary_ctxt_switches:\s+(\d+)/m)),
    ),
  };
}

function memoryOf(pid: number): { readonly rss_mib: number; readonly pss_mib: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
  return { rss_mib: field(text, /^Rss:\s+(\d+)/m) / 1024, pss_mib: field(text, /^Pss:\s+(\d+)/m) / 1024 };
}

/** Programs that wait for a sleeping child, side by side. */
async function measureWaiters(settings: Settings): Promise<Waiter[]> {
  const { memoryState, nullFd, parent, scratch } = settings;
  const cli = path.join(packageRoot(), "dist/corral.cjs");
  const state = { CORRAL_STATE_DIR: memoryState, CORRAL_CGROUP_PARENT: parent.argument };
  const workload = ["sleep", String(watchedSec + 5)];
  const commands = new Map([
    ["bare Node script", [writeBareScript(scratch), ...workload]],
    ["corral run, three limits", [cli, "run", "--quiet", ...threeLimits, "--", ...workload]],
    ["corral run --timeout 1h", [cli, "run", "--quiet", "--timeout", "1h", "--", ...workload]],
  ]);
  const children = [];
  for (const [name, argv] of commands) {
    const child = await spawnProcess({
      file: process.execPath,
      argv: [process.execPath, ...argv],
      env: plainEnvironment(state),
      cwd: null,
      fds: [nullFd, nullFd, nullFd],
      cgroup: null,
      mode: "blocking",
    });
    children.push({ name, child });
  }
  await sleep(settleMs);
  const before = children.map(({ child }) => usageOf(child.pid));
  await sleep(watchedSec * 1000);
  const waiters = children.map(({ name, child }, index): Waiter => {
    const now = usageOf(child.pid);
    const then = before[index] ?? now;
    return { name, ...memoryOf(child.pid), cpu_ms: now.cpuMs - then.cpuMs, switches: now.switches - then.switches };
  });
  for (const { child } of children) await child.exit;
  return waiters;
}

const spawnedByNode = async (): Promise<number> => {
  const child = spawn("sleep", ["60"], { stdio: "ignore" });
  await sleep(20);
  const startMs = nowMs();
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
  return (nowMs() - startMs) * 1000;
};

async function spawnedByCorral({ nullFd }: Settings): Promise<number> {
  const request = {
    file: "/bin/sleep",
    argv: ["sleep", "60"],
    env: plainEnvironment(),
    cwd: null,
    cgroup: null,
    mode: "blocking" as const,
  };
  const child = await spawnProcess({ ...request, fds: [nullFd, nullFd, nullFd] });
  await sleep(20);
  const startMs = nowMs();
  child.kill(signalNumbers["SIGKILL"] ?? 9);
  await child.exit;
  return (nowMs() - startMs) * 1000;
}

/** Memory and CPU of a waiting Corral, and how late it learns of an exit. */
export async function measureWaiting(settings: Settings): Promise<WaitingResult> {
  const waiters = await measureWaiters(settings);
  const { samples } = await interleave(
    settings.rounds,
    settings.gapMs,
    new Map([
      ["node 'exit' event", spawnedByNode],
      ["corral, pidfd", () => spawnedByCorral(settings)],
    ]),
  );
  return {
    watched_sec: watchedSec,
    waiters,
    exit_latency_us: Object.fromEntries([...samples].map(([name, values]) => [name, summarize(values)])),
  };
}

/** Idle memory against a bare Node script that waits for the same child. */
export function waitingTargets({ waiters }: WaitingResult): Target[] {
  const [bare, corral] = waiters;
  return [
    {
      name: "RSS of a waiting corral run ÷ waiting bare Node script",
      value: (corral?.rss_mib ?? Number.NaN) / (bare?.rss_mib ?? Number.NaN),
      limit: 1.1,
    },
  ];
}

export function printWaiting(result: WaitingResult): string {
  const head = ["waiting for a child", "RSS MiB", "PSS MiB", `CPU ms in ${result.watched_sec} s`, "wake-ups"];
  const rows = result.waiters.map((one) => [
    one.name,
    fixed(one.rss_mib, 1),
    fixed(one.pss_mib, 1),
    fixed(one.cpu_ms, 1),
    String(one.switches),
  ]);
  const latencies = Object.entries(result.exit_latency_us).map(([name, { median, p10, p90 }]) => [
    name,
    fixed(median, 0),
    fixed(p10, 0),
    fixed(p90, 0),
  ]);
  return `${table(head, rows)}\n${table(["from KILL to known exit (µs)", "median", "p10", "p90"], latencies)}`;
}
