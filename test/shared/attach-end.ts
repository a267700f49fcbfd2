import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { RunReport } from "../../src/report/index.ts";
import { startTarget } from "./attach.ts";
import type { Bench, Ran } from "./bench.ts";
import { killQuietly, stateOf } from "./processes.ts";
import { until } from "./timing.ts";

/** When the parent of a process takes note of its end. */
const parents = {
  "at once": (script: string, pidFile: string) => `echo $$ > ${pidFile}; exec sh -c '${script}'`,
  // Not a shell: one that waits for a sleep reaps whatever ends meanwhile.
  later: (script: string, pidFile: string) =>
    `exec perl -e 'exec @ARGV unless $p = fork; open F, ">${pidFile}"; print F "$p\n"; close F;` +
    ` select undef, undef, undef, 0.05 until -e "${pidFile}.reap"; waitpid $p, 0; sleep 1000' sh -c '${script}'`,
  never: (script: string, pidFile: string) => `sh -c '${script}' & echo $! > ${pidFile}; exec sleep 1000`,
} as const;

/** Ways in which a process ends, and what is told of each. */
export const endings = {
  "code 0": { end: "exit 0", status: 0, part: { exit_code: 0, exit_signal: null, exit_reason: "success" } },
  "code 42": { end: "exit 42", status: 42, part: { exit_code: 42, exit_signal: null, exit_reason: "error" } },
  TERM: { end: "kill -TERM $$", status: 143, part: { exit_code: null, exit_signal: "SIGTERM", exit_reason: "signal" } },
  KILL: { end: "kill -KILL $$", status: 137, part: { exit_code: null, exit_signal: "SIGKILL", exit_reason: "signal" } },
} as const;

/** A watch that has seen its process end. */
export interface WatchedEnd extends Ran {
  readonly report: RunReport;
  /** Whether the process was a zombie when the watch was over. */
  readonly zombie: boolean;
}

/** The pid that a shell wrote into a file. */
export const pidIn = (file: string): number => Number(readFileSync(file, "utf8"));

/** Attaches to a process whose parent reaps it as told, lets it end, and gives the report. */
export async function watchEnd(bench: Bench, parent: keyof typeof parents, end: string): Promise<WatchedEnd> {
  const [pidFile, go, file] = [bench.fresh("pid"), bench.fresh("go"), bench.fresh("report.json")];
  const script = `while [ ! -e ${go} ]; do sleep 0.02; done; ${end}`;
  const started = await startTarget(bench, ["sh", "-c", parents[parent](script, pidFile)]);
  await until("the process runs", () => existsSync(pidFile) && readFileSync(pidFile, "utf8").endsWith("\n"));
  const pid = pidIn(pidFile);
  const corral = bench.start(["attach", "--pid", String(pid), "--oom-score", "100", "--report", file]);
  await until("it is watched", () => readFileSync(`/proc/${pid}/oom_score_adj`, "utf8") === "100\n");
  writeFileSync(go, "");
  const ran = await corral.ended;
  const zombie = stateOf(pid) === "Z";
  if (parent === "later") {
    writeFileSync(`${pidFile}.reap`, "");
    await until("its parent reaps it", () => stateOf(pid) === null);
  }
  killQuietly(started.pid);
  await started.ended;
  return { ...ran, zombie, report: JSON.parse(readFileSync(file, "utf8")) as RunReport };
}
