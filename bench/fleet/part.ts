import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { loadavg } from "node:os";
import { nowMs, sleep } from "../lib/measure.ts";
import type { Target } from "../lib/print.ts";
import { targetLines } from "../lib/print.ts";

/** What one part of the benchmark has found. */
export interface PartResult {
  readonly targets: readonly Target[];
  /** What explains them. */
  readonly notes: readonly string[];
}

/** From TERM, at which a part takes away what it has made, to KILL. */
const cleanUpMs = 10_000;

const program = process.argv[1] ?? "";

/** A process that runs another role of this benchmark, with the same flags, and ends with its parent. */
const forkRole = (...role: readonly string[]): ChildProcess =>
  fork(program, [...role, ...process.argv.slice(2)], {
    execArgv: ["--enable-source-maps"],
    // NaN is to arrive as what it is.
    serialization: "advanced",
  });

/** Starts a server of this benchmark, and waits until it says where it is. */
export async function startServer(role: string): Promise<{ readonly child: ChildProcess; readonly told: unknown }> {
  const child = forkRole("--serve", role);
  const [told] = (await Promise.race([
    once(child, "message"),
    once(child, "exit").then(() => {
      throw new Error(`the server of ${role} has ended`);
    }),
  ])) as [unknown];
  return { child, told };
}

/** Waits for a condition. @throws Error that says what has not come, and how it stands */
export async function waitUntil(what: string, holds: () => boolean, limitMs: number, how = () => ""): Promise<void> {
  const endMs = nowMs() + limitMs;
  while (!holds()) {
    if (nowMs() > endMs) throw new Error(`not within ${limitMs / 1000} s: ${what} ${how()}`);
    await sleep(50);
  }
}

const load = (): string => loadavg()[0]?.toFixed(1) ?? "";

const unfinished = (name: string, why: string): PartResult => ({
  targets: [{ name: `${name} (${why})`, value: Number.NaN, limit: 0 }],
  notes: [],
});

/** Runs a part in a process of its own. Never rejects: a part that does not finish has a target that fails. */
export async function runPart(name: string, limitMs: number): Promise<PartResult> {
  const before = load();
  const child = forkRole("--part", name);
  let result: PartResult | null = null;
  child.on("message", (told) => {
    result = told as PartResult;
  });
  let why = "";
  const timer = setTimeout(() => {
    why = `ended after ${limitMs / 1000} s`;
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), cleanUpMs).unref();
  }, limitMs);
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  clearTimeout(timer);
  // Set from within the listener, which the compiler does not see.
  const told = result as PartResult | null;
  const { targets, notes } = told ?? unfinished(name, why === "" ? `ended with ${signal ?? code}` : why);
  return { targets, notes: [...notes, `load average ${before} before and ${load()} after ${name}`] };
}

/** A part as soon as it is over: its figures, and what explains them. */
export const tellResult = ({ targets, notes }: PartResult): string =>
  [targetLines(targets), ...notes.map((note) => `        ${note}`), ""].join("\n");
