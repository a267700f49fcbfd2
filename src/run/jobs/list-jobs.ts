import type { StateDirectories } from "../state-dir.ts";
import { CpuMeter } from "./cpu-meter.ts";
import type { EndedJob } from "./ended-jobs.ts";
import { EndedJobs } from "./ended-jobs.ts";
import type { Unreadable } from "./job-list.ts";
import { listRecords } from "./job-list.ts";
import type { LiveJob } from "./live-job.ts";
import { viewJob } from "./live-job.ts";

/** What `corral ps --json` prints, `corral.jobs/1`; schemas/jobs.schema.json is its JSON Schema. */
export interface JobsDocument {
  readonly schema: "corral.jobs/1";
  /** Wall clock, RFC 3339. */
  readonly time: string;
  /** Oldest first. */
  readonly jobs: readonly LiveJob[];
  /** Newest first; null when they were not asked for. */
  readonly ended: readonly EndedJob[] | null;
  /** Files of the state directory that could not be used. */
  readonly unreadable: readonly Unreadable[];
}

/** Looks at all jobs of one user, again and again. */
export class JobLister {
  readonly #directories: StateDirectories;
  readonly #meter = new CpuMeter();
  readonly #ended: EndedJobs;

  constructor(directories: StateDirectories) {
    this.#directories = directories;
    this.#ended = new EndedJobs(directories.results);
  }

  /**
   * The jobs as they are now; CPU percentages count from the look before.
   * @param last how many ended jobs; null: none
   * @throws CorralError STATE_UNREADABLE
   */
  look(last: number | null): JobsDocument {
    this.#meter.nextRound();
    const { records, unreadable } = listRecords(this.#directories);
    const jobs = records.map((record) => viewJob(record, this.#meter));
    const ended = last === null ? null : this.#ended.newest(last);
    return {
      schema: "corral.jobs/1",
      time: new Date().toISOString(),
      jobs: jobs.toSorted((a, b) => (a.start_time < b.start_time ? -1 : a.start_time > b.start_time ? 1 : 0)),
      ended: ended?.ended ?? null,
      unreadable: [...unreadable, ...(ended?.unreadable ?? [])],
    };
  }
}
