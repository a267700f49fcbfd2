import { setImmediate as turn } from "node:timers/promises";
import type { ProcessIdentity } from "../../kernel/index.ts";
import { identityOf, isSameProcess, processFacts } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import { jobOfProcess, startAttach, updateJob } from "../attach/index.ts";
import type { RunningJob } from "../running-job.ts";
import type { StateDirectories } from "../state-dir.ts";
import { describeOutcome } from "../summary.ts";
import { canUpdate } from "./change-rule.ts";
import type { Charge } from "./charge.ts";
import { Charges } from "./charge.ts";
import type { WatchConfig } from "./config-types.ts";
import { kindOfFailure, pauseBefore } from "./failure.ts";
import { matchProcess } from "./match.ts";
import { attachSpecOf, settingsOf } from "./rule-job.ts";
import type { WatchEvent } from "./watch-event.ts";

export interface CareOptions {
  readonly directories: StateDirectories;
  /** Parent of the jobs' groups; null: by each process, as near to where it is as the host allows. */
  readonly cgroupParent: string | null;
  readonly onEvent: (event: WatchEvent) => void;
}

const millisecondsBetween = (from: bigint, to: bigint): number => Math.round(Number(to - from) / 1000) / 1000;

/** Governs what discovery finds: each process once, by the first rule that matches, with retries where they may help. */
export class Care {
  readonly charges = new Charges();
  readonly failures = { total: 0, inRow: 0 };
  #config: WatchConfig;
  readonly #options: CareOptions;
  readonly #queue: Charge[] = [];
  #working = false;
  #closed = false;

  constructor(config: WatchConfig, options: CareOptions) {
    this.#config = config;
    this.#options = options;
  }

  /** A process executed a program. What was refused as one program may be another matter as the next. */
  onExec(pid: number, timestampNs: bigint): void {
    const identity = identityOf(pid);
    if (identity === null) return;
    if (this.charges.get(identity)?.state === "refused") this.charges.delete(identity);
    this.consider(pid, timestampNs);
  }

  /** A process ended. Governed ones are told by their job. */
  onExit(identity: ProcessIdentity): void {
    const charge = this.charges.get(identity);
    if (charge !== null && charge.state !== "governed") this.charges.delete(identity);
  }

  /** Forgets processes that ended unseen. */
  sweep(): void {
    for (const { identity, state } of this.charges.all())
      if (state !== "governed" && !isSameProcess(identity)) this.charges.delete(identity);
  }

  /** Uses other rules from now on: jobs whose rule changed are changed, those without a rule are let go. */
  async reload(config: WatchConfig): Promise<void> {
    this.#config = config;
    for (const charge of this.charges.all()) await this.rejudge(charge);
  }

  /** Ends the care. @param why what the records of jobs that stay say */
  async close(why: string, jobs: "keep" | "release"): Promise<void> {
    this.#closed = true;
    for (const charge of this.charges.all()) {
      if (charge.job !== null && jobs === "release") await this.#release(charge, charge.job, why);
      else charge.job?.leave(why);
      this.charges.delete(charge.identity);
    }
  }

  /** Matches one process and queues its attach. @param execNs kernel time of its exec, null when a scan found it */
  consider(pid: number, execNs: bigint | null): void {
    const facts = processFacts(pid);
    const { identity } = facts;
    if (identity === null || this.charges.get(identity) !== null) return;
    const match = matchProcess(this.#config, facts);
    if (match === null || jobOfProcess(this.#options.directories, pid, false) !== null) return;
    this.#enqueue({
      identity,
      rule: match.rule,
      settings: settingsOf(match.rule),
      state: "due",
      job: null,
      attempts: 0,
      timer: null,
      execNs,
      matchedNs: process.hrtime.bigint(),
    });
  }

  #enqueue(charge: Charge): void {
    this.charges.set(charge);
    this.#queue.push(charge);
    if (!this.#working) void this.#work();
  }

  /** One attach at a time: each holds the kernel's lock on groups, and one after the other they find it warm. */
  async #work(): Promise<void> {
    this.#working = true;
    for (let charge = this.#queue.shift(); charge !== undefined && !this.#closed; charge = this.#queue.shift()) {
      if (this.charges.get(charge.identity) === charge) await this.#attach(charge);
      await turn();
    }
    this.#working = false;
  }

  async #attach(charge: Charge): Promise<void> {
    const { directories, cgroupParent } = this.#options;
    try {
      const spec = attachSpecOf(charge.rule, charge.identity, cgroupParent);
      const result = await startAttach(spec, { directories, lookAtAllJobs: false });
      if (!result.started) throw result.error;
      this.failures.inRow = 0;
      this.govern(charge, result.job);
      this.#tellGoverned(charge, result.job);
    } catch (thrown) {
      this.#onFailure(charge, CorralError.from(thrown));
    }
  }

  #tellGoverned(charge: Charge, job: RunningJob): void {
    const { identity, rule, execNs, matchedNs } = charge;
    this.#options.onEvent({
      event: "governed",
      pid: identity.pid,
      comm: processFacts(identity.pid).stat?.comm ?? null,
      rule: rule.name,
      job_id: job.jobId,
      discovered_ms: execNs === null ? null : millisecondsBetween(execNs, matchedNs),
      governed_ms: execNs === null ? null : millisecondsBetween(execNs, process.hrtime.bigint()),
      lacking: job.constraints.filter(({ status }) => status !== "applied").map(describeOutcome),
    });
  }

  /** Keeps a job that governs a process until it ends. */
  govern(charge: Charge, job: RunningJob): void {
    const { identity, rule } = charge;
    this.charges.set({ ...charge, state: "governed", job, timer: null });
    void job.result.then((report) => {
      if (this.charges.get(identity)?.job !== job) return;
      this.charges.delete(identity);
      const { exit_code, exit_signal, exit_reason } = report;
      this.#options.onEvent({
        event: "ended",
        job_id: job.jobId,
        rule: rule.name,
        exit_code,
        exit_signal,
        exit_reason,
      });
    });
  }

  #onFailure(charge: Charge, error: CorralError): void {
    const { identity, rule } = charge;
    const kind = kindOfFailure(error);
    if (kind === "gone") {
      this.charges.delete(identity);
      return;
    }
    this.failures.total += 1;
    this.failures.inRow += 1;
    const attempt = charge.attempts + 1;
    const pause = kind === "refused" ? null : pauseBefore(this.#config.retry, attempt);
    this.#options.onEvent({
      event: "failed",
      ...{ pid: identity.pid, rule: rule.name, code: error.code, message: error.message, attempt, retry_ms: pause },
    });
    if (pause === null) {
      this.charges.set({ ...charge, state: "refused", attempts: attempt });
      return;
    }
    const next: Charge = { ...charge, attempts: attempt, timer: setTimeout(() => this.#enqueueAgain(identity), pause) };
    this.charges.set(next);
  }

  #enqueueAgain(identity: ProcessIdentity): void {
    const charge = this.charges.get(identity);
    if (charge !== null && charge.state === "due") this.#enqueue({ ...charge, timer: null });
  }

  /** Holds a process in care against the rules as they are now. */
  async rejudge(charge: Charge): Promise<void> {
    const match = matchProcess(this.#config, processFacts(charge.identity.pid));
    const { job, identity } = charge;
    if (job === null) {
      this.charges.delete(identity);
      return;
    }
    if (match === null) return this.#release(charge, job, "its rule is gone");
    const settings = settingsOf(match.rule);
    if (settings === charge.settings) {
      this.charges.set({ ...charge, rule: match.rule });
      return;
    }
    if (canUpdate(charge.rule, match.rule)) await this.#update({ ...charge, rule: match.rule, settings }, job);
    else await this.#release(charge, job, "its rule changed");
  }

  async #update(charge: Charge, job: RunningJob): Promise<void> {
    const { directories, cgroupParent } = this.#options;
    try {
      const spec = attachSpecOf(charge.rule, charge.identity, cgroupParent);
      const { constraints } = await updateJob(directories, job.jobId, spec);
      this.charges.set(charge);
      const lacking = constraints.filter(({ status }) => status !== "applied").map(describeOutcome);
      this.#options.onEvent({ event: "changed", rule: charge.rule.name, job_id: job.jobId, lacking });
    } catch (thrown) {
      const { code, message } = CorralError.from(thrown);
      const { identity, rule } = charge;
      this.#options.onEvent({
        event: "failed",
        pid: identity.pid,
        rule: rule.name,
        code,
        message,
        attempt: 1,
        retry_ms: null,
      });
    }
  }

  /** Lets one job go with everything undone; a rule that still matches finds its process at the next scan. */
  async #release(charge: Charge, job: RunningJob, why: string): Promise<void> {
    this.charges.delete(charge.identity);
    const report = await job.detach(why);
    const not_restored = report.attach?.not_restored ?? [];
    this.#options.onEvent({ event: "released", job_id: job.jobId, rule: charge.rule.name, not_restored });
  }
}
