import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { LoadConfig } from "./load-config.ts";
import type { LoadLine } from "./load-lines.ts";
import { formatLoadLine } from "./load-lines.ts";
import { LoadRun } from "./load-run.ts";
import type { LoadPart } from "./target.ts";

/** Between two reports of what was done. */
const reportMs = 1000;
/** Timers of the event loop come late; the last of the way to the start this thread sleeps by itself, and hears nothing. */
const deafMs = 20;
/** The kernel wakes a thread up to so much late (PR_SET_TIMERSLACK(2const) and the way to a CPU); the rest is looked for. */
const lookMs = 0.15;
/** Between two lines about how far preparing is. */
const progressMs = 500;

interface Order {
  readonly config: LoadConfig;
  readonly part: LoadPart;
}

const say = (line: LoadLine): void => void writeSync(1, formatLoadLine(line));

const reasonOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** Waits for a moment of CLOCK_MONOTONIC; nothing else is to be done in the last of it. */
async function waitFor(atNs: bigint): Promise<void> {
  const leftMs = (): number => Number(atNs - process.hrtime.bigint()) / 1e6;
  if (leftMs() > deafMs) await sleep(leftMs() - deafMs);
  // Who looks at the clock all the time has used up its turn when the moment comes, where others of this host wait for it too.
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  if (leftMs() > lookMs) Atomics.wait(nobody, 0, 0, leftMs() - lookMs);
  while (process.hrtime.bigint() < atNs);
}

async function prepare(run: LoadRun, signal: AbortSignal): Promise<void> {
  let toldMs = 0;
  await run.prepare(signal, (done, total) => {
    if (performance.now() - toldMs < progressMs) return;
    toldMs = performance.now();
    say({ kind: "progress", done, total });
  });
  say({ kind: "prepared" });
}

async function work(run: LoadRun, atNs: bigint, signal: AbortSignal): Promise<void> {
  await waitFor(atNs);
  say({ kind: "began", atNs: process.hrtime.bigint() });
  const report = (): void => say({ kind: "report", report: run.report() });
  const timer = setInterval(report, reportMs);
  try {
    say({ kind: "done", result: await run.run(signal) });
  } catch (thrown) {
    // What was done until then counts.
    report();
    throw thrown;
  } finally {
    clearInterval(timer);
  }
}

/**
 * A load generator as a process of its own: its order on the first line of stdin, the moment of the start on the second; what
 * it does goes to stdout. TERM ends it, and it takes away what it has made.
 */
async function main(): Promise<void> {
  const over = new AbortController();
  process.on("SIGTERM", () => over.abort());
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const next = async (): Promise<string | null> => {
    const { done, value } = await lines.next();
    return done === true ? null : value;
  };
  const order = JSON.parse((await next()) ?? "{}") as Order;
  let run: LoadRun | null = null;
  try {
    run = new LoadRun(order.config, order.part);
    await prepare(run, over.signal);
    const ended = new Promise<null>((resolve) => over.signal.addEventListener("abort", () => resolve(null)));
    const start = await Promise.race([next(), ended]);
    if (start !== null) await work(run, BigInt(start), over.signal);
  } catch (thrown) {
    say({ kind: "failed", why: reasonOf(thrown) });
    process.exitCode = 1;
  }
  await run?.close();
  // What still waits for an answer of a server is waited for by nobody.
  process.exit();
}

void main();
