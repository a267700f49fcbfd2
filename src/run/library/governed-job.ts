import type { Socket } from "node:net";
import type { ProcessIdentity } from "../../kernel/index.ts";
import { identityOf, signalNumbers } from "../../kernel/index.ts";
import type { ConstraintOutcome, RunReport, UsageReport } from "../../report/index.ts";
import { quote } from "../../report/index.ts";
import type { UpdateResult } from "../attach/index.ts";
import { updateJob } from "../attach/index.ts";
import type { FreezeResult } from "../jobs/index.ts";
import { setJobFrozen } from "../jobs/index.ts";
import type { RunningJob } from "../running-job.ts";
import type { LimitOptions } from "../settings/index.ts";
import type { StateDirectories } from "../state-dir.ts";
import type { EventFeed } from "./event-feed.ts";
import type { Job } from "./job.ts";
import { readLimits } from "./job-terms.ts";
import { readDurationMs, readFlag, readOptions, wrong } from "./option-values.ts";
import type { StopOptions, UpdateOptions } from "./options.ts";
import type { JobStreams } from "./stdio.ts";

/** Everything a job of the library is made of. */
export interface GovernedParts {
  readonly running: RunningJob;
  readonly events: EventFeed;
  readonly streams: JobStreams;
  readonly directories: StateDirectories;
  readonly cgroupParent: string | null;
  readonly tied: boolean;
}

/** The one implementation of `Job`. */
export class GovernedJob implements Job {
  readonly jobId: string;
  readonly pid: number;
  readonly result: Promise<RunReport>;
  readonly events: EventFeed;
  readonly stdin: Socket | null;
  readonly stdout: Socket | null;
  readonly stderr: Socket | null;
  readonly #parts: GovernedParts;
  #over = false;
  #left: ((report: RunReport) => void) | null = null;
  #leaving: Promise<RunReport> | null = null;

  constructor(parts: GovernedParts) {
    const { running, events, streams } = parts;
    this.#parts = parts;
    this.jobId = running.jobId;
    this.pid = running.pid;
    this.events = events;
    this.stdin = streams.stdin;
    this.stdout = streams.stdout;
    this.stderr = streams.stderr;
    this.result = new Promise<RunReport>((resolve, reject) => {
      this.#left = resolve;
      running.result.then(resolve, reject);
    }).finally(() => {
      this.#over = true;
      events.close();
    });
  }

  get constraints(): readonly ConstraintOutcome[] {
    return this.#parts.running.constraints;
  }

  signal(name: NodeJS.Signals): void {
    if (!Object.hasOwn(signalNumbers, name)) throw wrong("signal", `knows no ${quote(name)}`);
    this.#parts.running.signal(name);
  }

  stop(options: StopOptions = {}): Promise<RunReport> {
    return this.#end("stop", options);
  }

  /** As `stop`, for the caller's AbortSignal. */
  abort(): Promise<RunReport> {
    return this.#end("abort", {});
  }

  async update(limits: LimitOptions, options: UpdateOptions = {}): Promise<UpdateResult> {
    const strict = readFlag("strict", readOptions("options", options, ["strict"]).strict, false);
    const { directories, cgroupParent } = this.#parts;
    const settings = readLimits(limits, undefined);
    return updateJob(directories, this.jobId, { ...settings, cgroupParent, scope: "auto", account: false, strict });
  }

  async freeze(): Promise<FreezeResult> {
    return setJobFrozen(this.#parts.directories, this.jobId, true);
  }

  async thaw(): Promise<FreezeResult> {
    return setJobFrozen(this.#parts.directories, this.jobId, false);
  }

  usage(): UsageReport {
    return this.#parts.running.usage();
  }

  processes(): readonly ProcessIdentity[] {
    const pids = this.#parts.running.group?.processes() ?? (this.#over ? [] : [this.pid]);
    return pids.flatMap((pid) => identityOf(pid) ?? []);
  }

  async detach(): Promise<RunReport> {
    if (this.#parts.tied) throw wrong("detach", 'is not for a job with lifetime "tied", which ends with this process');
    if (this.#over) return this.result;
    for (const stream of this.#streams()) stream.unref();
    this.#leaving ??= this.#parts.running.detach("detach");
    this.#left?.(await this.#leaving);
    return this.result;
  }

  unref(): void {
    this.#parts.running.unref();
    for (const stream of this.#streams()) stream.unref();
  }

  ref(): void {
    this.#parts.running.ref();
    for (const stream of this.#streams()) stream.ref();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (this.#parts.tied ? this.stop() : this.detach());
  }

  async #end(reason: "stop" | "abort", options: StopOptions): Promise<RunReport> {
    const { grace } = readOptions("options", options, ["grace"]);
    const graceMs = readDurationMs("grace", grace, 0);
    if (!this.#over) await this.#parts.running.end(reason, graceMs);
    return this.result;
  }

  #streams(): Socket[] {
    return [this.stdin, this.stdout, this.stderr].flatMap((stream) => stream ?? []);
  }
}
