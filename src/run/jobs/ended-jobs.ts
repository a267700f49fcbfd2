import { lstatSync } from "node:fs";
import { join } from "node:path";
import type { ConstraintStatus, ExitReason, RunReport } from "../../report/index.ts";
import { exitStatusOf } from "../exit-status.ts";
import { namesIn } from "./find-job.ts";
import type { Unreadable } from "./job-list.ts";
import { readResult } from "./result-file.ts";

/** A job that has its result, in short. */
export interface EndedJob {
  readonly job_id: string;
  readonly mode: RunReport["mode"];
  readonly pid: number | null;
  readonly start_time: string;
  /** Null when nobody saw the end. */
  readonly end_time: string | null;
  readonly duration_sec: number | null;
  readonly exit_reason: ExitReason;
  readonly exit_code: number | null;
  readonly exit_signal: string | null;
  /** What `corral wait` exits with. */
  readonly exit_status: number;
  readonly ended_by_corral: RunReport["ended_by_corral"];
  /** The workload went on without Corral, or its end was not seen. */
  readonly detached: boolean;
  readonly limits: readonly { readonly name: string; readonly status: ConstraintStatus }[];
  readonly argv: readonly string[];
}

const inShort = (report: RunReport): EndedJob => ({
  job_id: report.job_id,
  mode: report.mode,
  pid: report.pid,
  start_time: report.start_time,
  end_time: report.end_time,
  duration_sec: report.duration_sec,
  exit_reason: report.exit_reason,
  exit_code: report.exit_code,
  exit_signal: report.exit_signal,
  exit_status: exitStatusOf(report),
  ended_by_corral: report.ended_by_corral,
  detached: report.detached,
  limits: report.constraints.map(({ name, status }) => ({ name, status })),
  argv: report.argv,
});

/** The newest ended jobs, and files among them that are no results. */
export interface EndedList {
  readonly ended: readonly EndedJob[];
  readonly unreadable: readonly Unreadable[];
}

/**
 * The jobs that ended last. A result never changes, so each file is looked at once, however often this is asked, and only
 * those that are shown are read.
 */
export class EndedJobs {
  readonly #directory: string;
  /** When each result was written, by name. */
  readonly #written = new Map<string, number>();
  readonly #read = new Map<string, EndedJob | Unreadable>();

  /** @param directory the results, as `StateDirectories` has it */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * The newest first, by when their results were written. What is no result is told on the way and not counted.
   * @throws CorralError STATE_UNREADABLE
   */
  newest(count: number): EndedList {
    this.#look();
    const ended: EndedJob[] = [];
    const unreadable: Unreadable[] = [];
    for (const [name] of [...this.#written].toSorted(([a, x], [b, y]) => y - x || (a < b ? 1 : -1))) {
      if (ended.length === count) break;
      const taken = this.#take(name);
      if (taken === null) continue;
      if ("reason" in taken) unreadable.push(taken);
      else ended.push(taken);
    }
    return { ended, unreadable };
  }

  #look(): void {
    const names = new Set(namesIn(this.#directory).filter((name) => name.endsWith(".json")));
    for (const name of this.#written.keys()) {
      if (names.has(name)) continue;
      this.#written.delete(name);
      this.#read.delete(name);
    }
    for (const name of names) {
      if (this.#written.has(name)) continue;
      const stat = lstatSync(join(this.#directory, name), { throwIfNoEntry: false });
      if (stat !== undefined) this.#written.set(name, stat.mtimeMs);
    }
  }

  #take(name: string): EndedJob | Unreadable | null {
    const known = this.#read.get(name);
    if (known !== undefined) return known;
    const found = readResult(join(this.#directory, name));
    if (found === null) return null;
    const taken = "reason" in found ? found : inShort(found);
    this.#read.set(name, taken);
    return taken;
  }
}
