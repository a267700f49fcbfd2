import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CorralError, errnoOf, quote } from "../../../report/index.ts";
import { csvCell } from "../../records/index.ts";
import type { ProgramName } from "../settings/index.ts";
import type { OwnProgram } from "./corral-child.ts";
import { planMatrix } from "./matrix-plan.ts";
import type { MatrixResult } from "./run-entry.ts";
import { runEntry } from "./run-entry.ts";

export interface MatrixOptions {
  readonly own: OwnProgram;
  readonly resultsDir: string;
  readonly delaySec: number;
  readonly durationSec: number;
  /** Null: all. */
  readonly only: readonly ProgramName[] | null;
  readonly quietController: boolean;
  readonly stop: AbortSignal;
  /** Is told how it goes. */
  readonly onProgress: (line: string) => void;
}

const manifestHeader = "workload,target_class,target_pid,workload_exit_code,run_dir\n";

const manifestLine = ({ entry, targetPid, exitCode, runDir }: MatrixResult): string =>
  `${[entry.workload, entry.target, String(targetPid ?? ""), String(exitCode ?? ""), runDir].map(csvCell).join(",")}\n`;

/** @throws CorralError REPORT_UNWRITABLE */
function makeResultsDir(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, "manifest.csv"), manifestHeader, { flag: "wx", mode: 0o640 });
  } catch (cause) {
    const isTaken = errnoOf(cause) === "EEXIST";
    throw new CorralError(
      "REPORT_UNWRITABLE",
      `cannot write the results to ${quote(path, 300)}: ${errnoOf(cause) ?? "error"}`,
      {
        object: path,
        cause,
        fix: isTaken ? "it has results already; name another --results-dir" : "name a directory that can be written to",
      },
    );
  }
}

const progressOf = ({ summary, problem }: MatrixResult): string => {
  if ("error" in summary) return `failed: ${summary.error}`;
  const { target_tree_rows: rows, target_acked_rows: acked, background_rows: others } = summary;
  const counts = `${rows} rows of its tree, ${acked} acknowledged, ${others} of others`;
  return problem === null ? counts : `${counts}; ${problem}`;
};

/**
 * Runs workloads one after the other, each under a policy of its own, and writes what came of each.
 * @throws CorralError REPORT_UNWRITABLE
 */
export async function runMatrix(options: MatrixOptions): Promise<readonly MatrixResult[]> {
  const { resultsDir, stop, onProgress } = options;
  // Short: the path of a socket has at most 107 bytes.
  const work = mkdtempSync(join(tmpdir(), "corral-matrix-"));
  const socketOf = (workload: string): string => join(work, `${workload}.sock`);
  const env = { ...process.env, CORRAL_STATE_DIR: join(work, "state") };
  const log = (line: string): void => {
    appendFileSync(join(resultsDir, "runner.log"), `${new Date().toISOString()} ${line}\n`, { mode: 0o640 });
    onProgress(line);
  };
  const results: MatrixResult[] = [];
  try {
    const plan = planMatrix(options.only, options.durationSec, socketOf);
    makeResultsDir(resultsDir);
    for (const entry of plan) {
      if (stop.aborted) break;
      log(`${entry.workload}: ${options.durationSec} s`);
      const runDir = join(resultsDir, entry.workload);
      const result = await runEntry(entry, { ...options, runDir, socket: socketOf(entry.workload), env });
      results.push(result);
      appendFileSync(join(resultsDir, "manifest.csv"), manifestLine(result));
      log(`${entry.workload}: ${progressOf(result)}`);
    }
    log(stop.aborted ? `ended by ${String(stop.reason)}` : "done");
    return results;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
