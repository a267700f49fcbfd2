import { spawn } from "node:child_process";
import { closeSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { exitStatus } from "../report/index.ts";
import type { Begun } from "./attach-watch.ts";
import { say, writeText } from "./output.ts";
import type { ReportSinks } from "./report-sinks.ts";

/** Descriptor on which a Corral in the background tells who started it which jobs it has taken up. */
const readyVariable = "CORRAL_READY_FD";
const readyFd = 3;

/** Answers who started this Corral, when somebody waits for it: `ID` or `ID` and why not. */
export function tellStarter(begun: readonly Begun[]): void {
  if (process.env[readyVariable] !== String(readyFd)) return;
  delete process.env[readyVariable];
  const lines = begun.map((one) => (one.job === null ? `${one.target} ${one.error.message}\n` : `${one.target}\n`));
  try {
    writeSync(readyFd, lines.join(""));
    closeSync(readyFd);
  } catch {
    // Nobody waits any more.
  }
}

async function readAll(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/**
 * Starts a Corral of its own session that watches a job, and waits until it has said whether it has taken it up. One for
 * each job, so that each can be told to leave.
 * @returns why not, null when it has
 */
async function startWatcher(jobId: string, sinks: ReportSinks): Promise<string | null> {
  const report = sinks.file === null ? [] : ["--report", resolve(sinks.file)];
  const child = spawn(
    process.execPath,
    [...process.execArgv, process.argv[1] ?? "", "attach", "--quiet", ...report, "--job", jobId],
    {
      detached: true,
      stdio: ["ignore", "ignore", "ignore", "pipe"],
      env: { ...process.env, [readyVariable]: String(readyFd) },
    },
  );
  child.unref();
  const failed = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(`it ended at once (${signal ?? `status ${code}`})`));
  });
  const told = child.pid === undefined ? "" : await readAll(child.stdio[readyFd] as Readable);
  if (told === "") return failed;
  const why = told.trim().slice(jobId.length + 1);
  return why === "" ? null : why;
}

/**
 * Hands jobs over to a Corral in the background and prints the ids of those that it has taken up.
 * @returns the exit status
 */
export async function watchInBackground(jobIds: readonly string[], sinks: ReportSinks): Promise<number> {
  const answers = await Promise.all(jobIds.map((id) => startWatcher(id, sinks)));
  for (const [index, id] of jobIds.entries()) {
    const why = answers[index] ?? null;
    if (why === null) writeText(1, `${id}\n`);
    else say(`nobody watches the job ${id}: ${why}; try corral attach --job ${id}`);
  }
  return answers.every((why) => why === null) ? 0 : exitStatus.corral;
}
