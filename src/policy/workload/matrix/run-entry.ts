import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { signalNumber } from "../../../kernel/index.ts";
import { CorralError } from "../../../report/index.ts";
import { readRecordFile } from "../../import/index.ts";
import type { Controller } from "./controller.ts";
import { startController } from "./controller.ts";
import type { OwnProgram } from "./corral-child.ts";
import { startCorral, statusOf } from "./corral-child.ts";
import type { MatrixEntry } from "./matrix-plan.ts";
import type { MatrixFailure, MatrixSummary } from "./matrix-summary.ts";
import { MatrixCount } from "./matrix-summary.ts";

/** What came of one workload. */
export interface MatrixResult {
  readonly entry: MatrixEntry;
  readonly runDir: string;
  readonly targetPid: number | null;
  /** Null when it was never started. */
  readonly exitCode: number | null;
  readonly summary: MatrixSummary | MatrixFailure;
  /** Null when all went well. */
  readonly problem: string | null;
}

export interface EntryOptions {
  readonly own: OwnProgram;
  readonly runDir: string;
  readonly socket: string;
  readonly delaySec: number;
  readonly quietController: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly stop: AbortSignal;
}

interface Ran {
  readonly pid: number;
  readonly exitCode: number;
}

/** Runs the workload itself; being told to stop, it tells what it has done until then. */
async function runWorkload(entry: MatrixEntry, { own, runDir, env, stop }: EntryOptions): Promise<Ran> {
  const child = startCorral(own, ["workload", entry.program, ...entry.args], {
    stdout: join(runDir, "workload.stdout"),
    stderr: join(runDir, "workload.stderr"),
    env,
  });
  const tellStop = (): void => void child.process.kill("SIGTERM");
  stop.addEventListener("abort", tellStop, { once: true });
  if (stop.aborted) tellStop();
  const end = await child.end;
  stop.removeEventListener("abort", tellStop);
  return { pid: child.pid, exitCode: statusOf(end, signalNumber) };
}

async function countRows(entry: MatrixEntry, pid: number, csvPath: string) {
  const count = new MatrixCount(entry, pid);
  const { problem } = await readRecordFile(csvPath, (row) => count.add(row));
  return { summary: count.summary, problem: problem === null ? null : `controller.csv ${problem}` };
}

/** The exit of a workload is known to us before the policy has read it. */
const settleMs = 250;

async function judge(entry: MatrixEntry, ran: Ran, controller: Controller) {
  await setTimeout(settleMs);
  const end = await controller.stop();
  const status = statusOf(end, signalNumber);
  const { summary, problem } = await countRows(entry, ran.pid, controller.csvPath);
  if (status !== 0) return { summary, problem: `the controller ended with status ${status}` };
  return { summary, problem: ran.exitCode === 0 ? problem : `the workload ended with status ${ran.exitCode}` };
}

/** Runs one workload under a policy of its own. Never rejects: what goes wrong is in the result. */
export async function runEntry(entry: MatrixEntry, options: EntryOptions): Promise<MatrixResult> {
  const { runDir } = options;
  let ran: Ran | null = null;
  let controller: Controller | null = null;
  let judged: Pick<MatrixResult, "summary" | "problem">;
  try {
    mkdirSync(runDir, { recursive: true });
    controller = await startController({ ...options, directory: runDir, quiet: options.quietController });
    ran = await runWorkload(entry, options);
    const running = controller;
    controller = null;
    judged = await judge(entry, ran, running);
  } catch (thrown) {
    await controller?.stop();
    const error = CorralError.from(thrown).message;
    const { workload, target } = entry;
    judged = { summary: { workload, target_pid: ran?.pid ?? null, target_class: target, error }, problem: error };
  }
  const result = { entry, runDir, targetPid: ran?.pid ?? null, exitCode: ran?.exitCode ?? null, ...judged };
  writeFileSync(join(runDir, "summary.json"), `${JSON.stringify(result.summary, null, 2)}\n`, { mode: 0o640 });
  return result;
}
