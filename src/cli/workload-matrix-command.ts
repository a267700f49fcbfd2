import { resolve } from "node:path";
import { signalNumber } from "../kernel/index.ts";
import type { MatrixResult } from "../policy/workload/matrix/index.ts";
import { readOnly, runMatrix } from "../policy/workload/matrix/index.ts";
import { parseNumberIn } from "../report/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue } from "./flag-values.ts";
import { say, writeText } from "./output.ts";
import { stopOnSignals } from "./stop-signals.ts";
import type { workloadMatrixFlags } from "./workload-flags.ts";

type MatrixFlags = RawFlags<typeof workloadMatrixFlags>;

/** Exit status when a workload, or its controller, failed. */
const someFailed = 1;

const two = (number: number): string => String(number).padStart(2, "0");

/** `YYYYmmdd-HHMMSS`, local time. */
function stampOf(now: Date): string {
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  return `${day}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
}

const numberOf = (
  flags: MatrixFlags,
  name: "delay-sec" | "duration-sec",
  [min, max, standard]: readonly [number, number, number],
) => flagValue(name, flags[name] ?? String(standard), (text) => parseNumberIn(text, min, max, { integer: true }));

const toDocument = (resultsDir: string, results: readonly MatrixResult[]): object => ({
  schema: "corral.workload-matrix/1",
  results_dir: resultsDir,
  workloads: results.map(({ runDir, exitCode, problem, summary }) => ({
    run_dir: runDir,
    workload_exit_code: exitCode,
    problem,
    summary,
  })),
});

/**
 * `corral workload matrix`: every workload under a policy of its own.
 * @returns 0, 1 when one of them failed, 128+n when signal n ended it
 * @throws CorralError USAGE, REPORT_UNWRITABLE
 */
export async function workloadMatrixCommand(flags: MatrixFlags): Promise<number> {
  const resultsDir = resolve(flags["results-dir"] ?? `workloads/results/controller-matrix/${stampOf(new Date())}`);
  const delaySec = numberOf(flags, "delay-sec", [0, 3600, 10]);
  const durationSec = numberOf(flags, "duration-sec", [1, 300, 20]);
  const stop = stopOnSignals();
  const only = flags.only === undefined ? null : flagValue("only", flags.only, readOnly);
  const results = await runMatrix({
    own: { file: process.execPath, args: [...process.execArgv, process.argv[1] ?? ""] },
    ...{ resultsDir, delaySec, durationSec, only, stop },
    quietController: flags["quiet-controller"] === true,
    onProgress: say,
  });
  const text =
    flags.json === true ? JSON.stringify(toDocument(resultsDir, results), null, 2) : `results_dir=${resultsDir}`;
  writeText(1, `${text}\n`);
  if (stop.aborted) return 128 + (signalNumber(String(stop.reason)) ?? 0);
  return results.every(({ problem }) => problem === null) ? 0 : someFailed;
}
