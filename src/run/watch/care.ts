import { setImmediate as turn } from "node:timers/promises";
import type { ProcessIdentity } from "../../kernel/index.ts";
import { isSameProcess, processFacts } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import { jobOfProcess, startAttach, updateJob } from "../attach/index.ts";
import { warmOnce } from "../moves/index.ts";
import type { RunningJob } from "../running-job.ts";
import type { StateDirectories } from "../state-dir.ts";
import { describeOutcome } from "../summary.ts";
import { canUpdate } from "./change-rule.ts";
import type { Charge } from "./charge.ts";
import { Charges } from "./charge.ts";
import type { WatchConfig, WatchRule } from "./config-types.ts";
import { kindOfFailure, pauseBefore } from "./failure.ts";
import { LatencyBuckets } from "./latency-buckets.ts";
import { matchProcess } from "./match.ts";
import { attachSpecOf, matchOf, recordRule, settingsOf } from "./rule-job.ts";
import type { WatchEvent } from "./watch-event.ts";

export interface CareOptions {
  readonly directories: StateDirectories;
  /** Parent of the jobs' groups; null: by each process, as near to where it is as the host allows. */
  readonly cgroupParent: string | null;
  readonly onEvent: (event: WatchEvent) => void;
}

/** What becomes of the jobs when the watch ends. */
export type OnStop = "keep" | "release";

const millisecondsBetween = (from: bigint, to: bigint): number => Math.round(Number(to - from) / 1000) / 1000;

const lackingOf = (constraints: RunningJob["constraints"]): string[] =>
  constraints.filter(({ status }) => status !== "applied").map(describeOutcome);

/** Governs what discovery finds: each process once, by the first rule that matches, with retries where they may help. */
export class Care {
  readonly charges = new Charges();
  readonly failures = { total: 0, inRow: 0 };
  /** From the exec to the match, and to the limits, of processes that an event told of. */
  readonly latencies = { discovered: new LatencyBuckets(), governed: new LatencyBuckets() };
  #config: WatchConfig;
  readonly #options: CareOptions;
  readonly #queue: Charge[] = [];
  #working: Promise<void> | null = null;
  /** The attach that is under way. */
  #attaching: Promise<void> | null = null;
  #closed = false;

  constructor(config: WatchConfig, options: CareOptions) {
    this.#config = config;
    this.#options = options;
  }

  /** A process executed a program. What was chosen or refused as one program may be another matter as the next. */
  onExec(pid: number, timestampNs: bigint): void {
    const { identity } = processFacts(pid);
    if (identity === null) return;
    const charge = this.charges.get(identity);
    if (charge !== null && charge.state !== "governed") this.charges.delete(identity);
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
    this.#queue.length = 0;
    await this.#attaching;
    for (const charge of this.charges.all()) await this.rejudge(charge);
  }

  /** Ends the care. @param why what the records of jobs that stay say */
  async close(why: string, jobs: OnStop): Promise<void> {
    this.#closed = true;
    this.#queue.length = 0;
    await this.#working;
    for (const charge of this.charges.all()) {
      try {
        if (charge.job !== null && jobs === "release") await this.#release(charge, charge.job, why);
        else charge.job?.leave(why);
      } catch (thrown) {
        this.#tellFailure(charge, CorralError.from(thrown));
      }
      this.charges.delete(charge.identity);
    }
  }

  /** Matches one process and queues its attach. @param execNs kernel time of its exec, null when a scan found it */
  consider(pid: number, execNs: bigint | null): void {
    const facts = processFacts(pid);
    const { identity } = facts;
    if (this.#closed || identity === null || this.charges.get(identity) !== null) return;
    const match = matchProcess(this.#config, facts);
    if (match === null || jobOfProcess(this.#options.directories, pid, false) !== null) return;
    const matchedNs = process.hrtime.bigint();
    if (execNs !== null) this.latencies.discovered.add(millisecondsBetween(execNs, matchedNs));
    this.#enqueue({
      identity,
      ruleName: match.rule.name,
      rule: match.rule,
      match: matchOf(match.rule),
      state: "due",
      job: null,
      attempts: 0,
      timer: null,
      execNs,
      matchedNs,
    });
  }

  #enqueue(charge: Charge): void {
    this.charges.set(charge);
    this.#queue.push(charge);
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
    });
  }

  /** One attach at a time: each holds the kernel's lock on groups, and one after the other they find it warm. */
  async #work(): Promise<void> {
    await warmOnce();
    for (let charge = this.#queue.shift(); charge !== undefined && !this.#closed; charge = this.#queue.shift()) {
      if (!this.charges.isCurrent(charge)) continue;
      this.#attaching = this.#attach(charge);
      await this.#attaching;
      await turn();
    }
  }

  /** The rule for a process as it is now: it may have executed another program since it was chosen. */
  #ruleNow({ identity }: Charge): WatchRule | null {
    const facts = processFacts(identity.pid);
    return facts.identity?.startTicks === identity.startTicks
      ? (matchProcess(this.#config, facts)?.rule ?? null)
      : null;
  }

  async #attach(queued: Charge): Promise<void> {
    const rule = this.#ruleNow(queued);
    if (rule === null) {
      this.charges.delete(queued.identity);
      return;
    }
    const { directories, cgroupParent } = this.#options;
    const charge: Charge = { ...queued, rule, ruleName: rule.name, match: matchOf(rule) };
    this.charges.set(charge);
    try {
      const spec = attachSpecOf(rule, charge.identity, cgroupParent);
      const result = await startAttach(spec, { directories, lookAtAllJobs: false });
      if (!result.started) throw result.error;
      const governedNs = process.hrtime.bigint();
      this.failures.inRow = 0;
      this.govern(charge, result.job);
      await recordRule(directories, result.job.jobId, rule);
      this.#tellGoverned(charge, result.job, governedNs);
    } catch (thrown) {
      this.#onFailure(charge, CorralError.from(thrown));
    }
  }

  #tellGoverned({ identity, ruleName, execNs, matchedNs }: Charge, job: RunningJob, governedNs: bigint): void {
    const governedMs = execNs === null ? null : millisecondsBetween(execNs, governedNs);
    if (governedMs !== null) this.latencies.governed.add(governedMs);
    this.#options.onEvent({
      event: "governed",
      pid: identity.pid,
      comm: processFacts(identity.pid).stat?.comm ?? null,
      rule: ruleName,
      job_id: job.jobId,
      discovered_ms: execNs === null ? null : millisecondsBetween(execNs, matchedNs),
      governed_ms: governedMs,
      lacking: lackingOf(job.constraints),
    });
  }

  /** Keeps a job that governs a process until it ends. */
  govern(charge: Charge, job: RunningJob): Charge {
    const { identity } = charge;
    const governed: Charge = { ...charge, state: "governed", job, timer: null };
    this.charges.set(governed);
    void this.#awaitEnd(identity, job);
    return governed;
  }

  async #awaitEnd(identity: ProcessIdentity, job: RunningJob): Promise<void> {
    const { exit_code, exit_signal, exit_reason } = await job.result;
    const now = this.charges.get(identity);
    if (now?.job !== job) return;
    this.charges.delete(identity);
    const told = { job_id: job.jobId, rule: now.ruleName, exit_code, exit_signal, exit_reason };
    this.#options.onEvent({ event: "ended", ...told });
  }

  #tellFailure(charge: Charge, { code, message }: CorralError, attempt = 1, retry_ms: number | null = null): void {
    const { identity, ruleName } = charge;
    this.#options.onEvent({
      event: "failed",
      ...{ pid: identity.pid, rule: ruleName, code, message, attempt, retry_ms },
    });
  }

  #onFailure(charge: Charge, error: CorralError): void {
    const { identity } = charge;
    const now = this.charges.get(identity);
    // Its limits stand; what failed was to record them, and the next watch will set them anew.
    if (now?.state === "governed") return this.#tellFailure(now, error);
    const kind = kindOfFailure(error);
    if (kind === "gone") return this.charges.delete(identity);
    if (kind !== "protected") {
      this.failures.total += 1;
      this.failures.inRow += 1;
    }
    const attempts = charge.attempts + 1;
    const pause = kind === "transient" ? pauseBefore(this.#config.retry, attempts) : null;
    this.#tellFailure(charge, error, attempts, pause);
    // It ended, or executed another program, while the attempt was under way.
    if (this.#closed || !this.charges.isCurrent(charge)) return;
    const timer = pause === null ? null : setTimeout(() => this.#enqueueAgain(identity), pause);
    this.charges.set({ ...charge, attempts, timer, state: pause === null ? "refused" : "due" });
  }

  #enqueueAgain(identity: ProcessIdentity): void {
    const charge = this.charges.get(identity);
    if (charge !== null && charge.state === "due") this.#enqueue({ ...charge, timer: null });
  }

  /** Holds a process in care against the rules as they are now. */
  async rejudge(charge: Charge): Promise<void> {
    const { job, identity } = charge;
    if (!this.charges.isCurrent(charge)) return;
    if (job === null) return this.charges.delete(identity);
    const rule = this.#ruleNow(charge) ?? this.#ownRule(charge);
    if (rule === null) return this.#release(charge, job, "no rule matches any more");
    const same = charge.rule !== null && settingsOf(rule) === settingsOf(charge.rule);
    if (same && rule.name === charge.ruleName) this.charges.set({ ...charge, rule, match: matchOf(rule) });
    else if (charge.rule !== null && canUpdate(charge.rule, rule)) await this.#update(charge, rule, job);
    else await this.#release(charge, job, "its rule changed");
  }

  /** The rule that chose a process when it was younger or ran another program, if that rule stands unchanged. */
  #ownRule({ ruleName, rule, match }: Charge): WatchRule | null {
    const named = this.#config.rules.find(({ name }) => name === ruleName);
    if (named === undefined || rule === null || matchOf(named) !== match) return null;
    return settingsOf(named) === settingsOf(rule) ? named : null;
  }

  async #update(charge: Charge, rule: WatchRule, job: RunningJob): Promise<void> {
    const { directories, cgroupParent } = this.#options;
    try {
      const spec = attachSpecOf(rule, charge.identity, cgroupParent);
      const { constraints } = await updateJob(directories, job.jobId, spec);
      await recordRule(directories, job.jobId, rule);
      if (this.charges.isCurrent(charge))
        this.charges.set({ ...charge, rule, ruleName: rule.name, match: matchOf(rule) });
      const lacking = lackingOf(constraints);
      this.#options.onEvent({ event: "changed", rule: rule.name, job_id: job.jobId, lacking });
    } catch (thrown) {
      this.#tellFailure({ ...charge, ruleName: rule.name }, CorralError.from(thrown));
    }
  }

  /** Lets one job go with everything undone; a rule that still matches finds its process at the next scan. */
  async #release(charge: Charge, job: RunningJob, why: string): Promise<void> {
    this.charges.delete(charge.identity);
    const report = await job.detach(why);
    const not_restored = report.attach?.not_restored ?? [];
    this.#options.onEvent({ event: "released", job_id: job.jobId, rule: charge.ruleName, why, not_restored });
  }
}
