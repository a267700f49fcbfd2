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
/** Timers come late; the last of the way to the start is waited for by looking at the clock. */
const lookMs = 20;
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
  const leftMs = Number(atNs - process.hrtime.bigint()) / 1e6;
  if (leftMs > lookMs) await sleep(leftMs - lookMs);
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
  const timer = setInterval(() => say({ kind: "report", report: run.report() }), reportMs);
  const result = await run.run(signal);
  clearInterval(timer);
  say({ kind: "done", result });
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
