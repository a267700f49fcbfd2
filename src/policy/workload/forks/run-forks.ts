import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { createInterface } from "node:readline";
import { getSystemErrorName } from "node:util";
import { requireWorker } from "../../../kernel/index.ts";
import type { LatencyFigures } from "../../../report/index.ts";
import { CorralError, errnoOf, LatencyHistogram, quote } from "../../../report/index.ts";
import type { ForkProgramName, ForkSettings } from "../settings/index.ts";
import type { WorkerEnd } from "./worker-lines.ts";
import { readWorkerLine } from "./worker-lines.ts";

/** What a workload of processes has done. */
export interface ForkRun {
  readonly settings: ForkSettings;
  readonly end: WorkerEnd;
  /** Name of the errno of the last process that could not be made or could not execute its program; null when all could. */
  readonly errno: string | null;
  /** From when a round was due to the end of each of its processes. */
  readonly latency: LatencyFigures;
  /** The signal that ended it; null when its time was over. */
  readonly stoppedBy: string | null;
}

const loops: Readonly<Record<ForkProgramName, string>> = {
  "fork-exit-storm": "fork-exit",
  "fork-touch-exit": "fork-touch",
  "fork-exec-storm": "fork-exec",
};

/** As the original: room for the storm, and an end to it. */
const processLimit = (workers: number): number => Math.max(4096, workers * 32);

function workerArguments({ program, numbers, workers, durationSec, execPath }: ForkSettings): readonly string[] {
  const own: Readonly<Record<string, number>> = numbers;
  const options = {
    rate: own["fork-rate"],
    batch: workers,
    "duration-ms": durationSec * 1000,
    nproc: processLimit(workers),
    pages: own["touch-pages"] ?? 0,
    exec: execPath,
  };
  return [loops[program], ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])];
}

/** @throws CorralError USAGE when there is nothing that could be executed */
function checkExecutable({ program, execPath }: ForkSettings): void {
  if (program !== "fork-exec-storm") return;
  try {
    accessSync(execPath, constants.X_OK);
  } catch (cause) {
    throw new CorralError("USAGE", `--exec-path ${quote(execPath)} cannot be executed: ${errnoOf(cause) ?? "error"}`, {
      object: "--exec-path",
      cause,
      fix: "name a program by its path",
    });
  }
}

/**
 * Runs a workload of processes to its end, or until it is told to stop.
 * @param stop aborted with the name of the signal that ends it
 * @throws CorralError USAGE, NATIVE_MISSING, START_FAILED
 */
export async function runForks(settings: ForkSettings, stop: AbortSignal): Promise<ForkRun> {
  checkExecutable(settings);
  const latency = new LatencyHistogram();
  let end: WorkerEnd | null = null;
  const worker = spawn(requireWorker(), workerArguments(settings), { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(worker, "close");
  const tellStop = (): void => void worker.kill("SIGTERM");
  stop.addEventListener("abort", tellStop, { once: true });
  if (stop.aborted) tellStop();
  for await (const text of createInterface({ input: worker.stdout })) {
    const line = readWorkerLine(text);
    if (line?.kind === "op") for (const ns of line.latenciesNs) latency.record(ns);
    if (line?.kind === "end") end = line.end;
  }
  const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null];
  stop.removeEventListener("abort", tellStop);
  if (end === null)
    throw new CorralError("START_FAILED", `corral-worker ended with ${signal ?? code} and told nothing`);
  return {
    settings,
    end,
    errno: end.errno === 0 ? null : getSystemErrorName(-end.errno),
    latency: latency.figures,
    stoppedBy: stop.aborted ? String(stop.reason) : null,
  };
}
