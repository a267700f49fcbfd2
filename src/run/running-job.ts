import { existsSync } from "node:fs";
import type { GroupHandle } from "../cgroup/index.ts";
import { freezerState, signalQuietly } from "../cgroup/index.ts";
import type { ChildHandle, ExitInfo, ExitSource, Tether } from "../kernel/index.ts";
import { isRunning, signalNumbers } from "../kernel/index.ts";
import type { RunReport, UsageReport } from "../report/index.ts";
import { disband, removeGroup } from "./disband.ts";
import type { JobLog } from "./job-log.ts";
import type { AttachEnd, JobContext, JobState } from "./job-report.ts";
import { buildReport, collectUsage, openEnd } from "./job-report.ts";
import { removePlanned } from "./planned-groups.ts";
import { startRecord, stateOfRecord, termsOfRecord } from "./recorded-job.ts";
import type { JobRecords } from "./records.ts";
import { sleep } from "./sleep.ts";

/** How an attached job lets go of its processes. */
export interface Adoption {
  /** Undoes what attaching did as far as the record says, unless it is to be kept. Idempotent. */
  readonly letGo: (state: JobState, keepLimits: boolean) => Promise<AttachEnd>;
}

/** Everything a started job consists of. */
export interface JobParts {
  readonly context: JobContext;
  readonly state: JobState;
  readonly child: ChildHandle;
  readonly records: JobRecords;
  readonly log: JobLog;
  readonly tethers: readonly Tether[];
  readonly wallClock: () => string;
  /** Receives a warning that comes after the start. */
  readonly warn: (line: string) => void;
  /** Null for a workload that Corral started. */
  readonly adoption: Adoption | null;
  /** Who told how the workload ended, once it has. */
  readonly exitSource: () => ExitSource | null;
}

/** How long the last processes of a killed group may take to disappear. */
const killedGroupWaitMs = 5000;
const exitMonitorPollMs = 10;

/** A workload that runs under limits. Its result comes exactly once, through `result`. */
export class RunningJob {
  readonly jobId: string;
  readonly pid: number;
  /** Settles when the leader has ended and the result is written; never rejects. */
  readonly result: Promise<RunReport>;
  readonly #parts: JobParts;
  #endedBy: RunReport["ended_by_corral"] = null;
  #ending: Promise<void> | null = null;
  #detached = false;
  /** What the workload had used when its group was about to go, or Corral left. */
  #counted: UsageReport | null = null;
  /** The leader has ended, so that there is nothing to leave: the result is under way. */
  #over = false;
  #timer: NodeJS.Timeout | undefined;
  /** Whether the job keeps this process alive. */
  #holds = true;

  constructor(parts: JobParts) {
    this.#parts = parts;
    this.jobId = parts.context.jobId;
    this.pid = parts.child.pid;
    this.#armTimeout(parts.context.spec.timeoutMs);
    this.result = this.#awaitEnd();
  }

  /** What a person types to end the workload once Corral has left. */
  get stopCommand(): string {
    if (this.#parts.records.problem === null) return `corral stop ${this.jobId}`;
    return this.#parts.context.spec.processGroup === "own" ? `kill -- -${this.pid}` : `kill ${this.pid}`;
  }

  /** The line with which Corral leaves because of a signal, the workload going on. */
  leavingLine(signal: NodeJS.Signals): string {
    return `${signal}: leaving; the workload continues as job ${this.jobId} (pid ${this.pid}); end it with ${this.stopCommand}`;
  }

  /** Sends a signal to the workload: its whole process group when it has its own, else its leader. */
  signal(signal: NodeJS.Signals): void {
    if (!this.#leaderLives()) return;
    const own = this.#parts.context.spec.processGroup === "own";
    if (own) signalQuietly(-this.pid, signal);
    else this.#parts.child.kill(signalNumbers[signal] ?? 15);
  }

  /**
   * Ends the workload: TERM to every process of the group, then after `killAfterMs` the group is killed.
   * The first reason stays. Resolves when nothing of the group is left.
   */
  end(
    reason: NonNullable<RunReport["ended_by_corral"]>,
    killAfterMs = this.#parts.context.spec.killAfterMs,
  ): Promise<void> {
    this.#endedBy ??= reason;
    this.#ending ??= this.#terminate(killAfterMs);
    return this.#ending;
  }

  /** Lets this process end although the workload runs; its timeout is then kept only as long as this process lives. */
  unref(): void {
    this.#parts.child.unref();
    this.#timer?.unref();
    this.#holds = false;
  }

  /** Undoes `unref`. */
  ref(): void {
    this.#parts.child.ref();
    this.#timer?.ref();
    this.#holds = true;
  }

  /**
   * Lets go of the job as it is: workload, limits and group stay, and whoever takes the job up later watches it again.
   * @param why what the record says of it: a signal's name, or `once`
   */
  leave(why: string): void {
    if (this.#over) return;
    this.#detached = true;
    clearTimeout(this.#timer);
    const { context, child, records, wallClock } = this.#parts;
    child.release();
    const record = records.current() ?? startRecord(context, this.#currentState());
    records.update({ ...record, left: { time: wallClock(), why } });
  }

  /**
   * Leaves the workload alone for good: Corral may exit, and the report made here says so. A run gets no result by
   * that: whoever sees its end writes it. An attached job is over, unless its limits are to stay. When the workload has
   * ended meanwhile, its result is answered instead.
   * @param keepLimits whether an attached job's limits stay; default: as it was attached
   */
  async detach(why: string, keepLimits = this.#parts.context.keepLimits): Promise<RunReport> {
    if (this.#over) return this.result;
    this.#detached = true;
    clearTimeout(this.#timer);
    const { context, child, log, tethers, wallClock } = this.#parts;
    child.release();
    log.add("detached", "Corral left; the workload continues");
    const state = this.#currentState();
    const usage = collectUsage(state.group, null);
    this.#counted = usage;
    const attach = await this.#letGo(state, keepLimits);
    const over = context.mode === "attach" && !keepLimits;
    const left = over && state.group !== null ? await removeGroup(state.group) : [];
    const report = buildReport(this.#currentContext(), state, {
      ...openEnd,
      usage,
      attach,
      endTime: over ? wallClock() : null,
      durationSec: over ? log.sinceExecSec() : null,
      cleanupFailed: left.length > 0,
      detached: true,
    });
    if (over) {
      for (const tether of tethers) tether.goodbye();
      this.#keep(report, state, left.length === 0);
    } else this.leave(why);
    return report;
  }

  /** What became of every limit so far, changes by other Corrals included. */
  get constraints(): RunReport["constraints"] {
    return this.#currentState().constraints;
  }

  /** The group as it is now, one that another Corral made meanwhile included; null where there is none. */
  get group(): GroupHandle | null {
    return this.#currentState().group;
  }

  /** What the workload has used so far; once its group is gone, what that had counted. All null where nobody counts. */
  usage(): UsageReport {
    const { group } = this;
    const counts = group?.directories.some(({ path }) => existsSync(path)) === true;
    return counts ? collectUsage(group, null) : (this.#counted ?? collectUsage(null, null));
  }

  get #group(): GroupHandle | null {
    return this.#parts.state.group;
  }

  /** The state with what other Corrals changed meanwhile: new limits, a group for them, an order to stop. */
  #currentState(): JobState {
    const { state, records, log } = this.#parts;
    const record = records.current();
    if (record !== null && record.stop_time !== null) this.#endedBy ??= "stop";
    if (record === null) return { ...state, events: log.events };
    // Our own handle knows how this process stepped aside for the group, which is undone with it.
    const group = record.groups.length === 0 ? null : state.group?.withDirectories(record.groups);
    const recorded = stateOfRecord(record);
    return { ...recorded, group: group === undefined ? recorded.group : group, events: log.events };
  }

  /** The job with the terms that a watch, which has read its rules anew, has put on record. */
  #currentContext(): JobContext {
    const { context, records } = this.#parts;
    const record = context.mode === "attach" ? records.current() : null;
    return record === null ? context : { ...context, spec: { ...context.spec, ...termsOfRecord(record) } };
  }

  /** Gives attached processes back, unless their limits are to stay. */
  async #letGo(state: JobState, keepLimits = this.#parts.context.keepLimits): Promise<AttachEnd | null> {
    const { adoption } = this.#parts;
    return adoption === null ? null : adoption.letGo(state, keepLimits);
  }

  #keep(report: RunReport, { plannedGroups: planned, group }: JobState, nothingLeft: boolean): void {
    const { context, records, warn } = this.#parts;
    const { jobId, startTime } = context;
    const problem = records.finish(report);
    if (problem !== null) warn(`WARNING: The result of this job is not kept: ${problem}`);
    // Planned and not made: a Corral that was changing the limits was killed over it.
    if (nothingLeft && removePlanned({ jobId, startTime, planned, made: group?.directories ?? [] })) records.forget();
  }

  #leaderLives(): boolean {
    const { workload } = this.#parts.state;
    return workload !== null && isRunning(workload);
  }

  /** Timers can fire early, so the clock is asked again before the workload is ended. */
  #armTimeout(timeoutMs: number | null): void {
    if (timeoutMs === null) return;
    const left = timeoutMs - this.#parts.log.sinceExecSec() * 1000;
    if (left <= 0) {
      void this.end("timeout");
      return;
    }
    this.#timer = setTimeout(() => this.#armTimeout(timeoutMs), Math.min(left, 2 ** 31 - 1));
    if (!this.#holds) this.#timer.unref();
  }

  async #terminate(killAfterMs: number): Promise<void> {
    const { group } = this;
    // A stopped process acts on TERM only when it is continued, as timeout(1) does it, and a frozen one when it is thawed.
    for (const signal of ["SIGTERM", "SIGCONT"] as const) {
      if (group === null) this.signal(signal);
      else group.signal(signal);
    }
    if (group !== null && (freezerState(group) ?? "thawed") !== "thawed") group.setFrozen(false);
    await this.#killAfter(killAfterMs, group);
  }

  /** Kills what does not end by itself in time. */
  async #killAfter(ms: number, group: GroupHandle | null): Promise<void> {
    if (await this.#goneWithin(ms, group)) return;
    for (const deadline = Date.now() + killedGroupWaitMs; Date.now() < deadline; ) {
      if (group === null) this.signal("SIGKILL");
      else group.kill();
      if (await this.#goneWithin(100, group)) return;
    }
  }

  /** Waits for the end of the group, or of the leader where there is no group; true when it came in time. */
  async #goneWithin(ms: number, group: GroupHandle | null): Promise<boolean> {
    const deadline = Date.now() + ms;
    const gone = (): boolean => (group === null ? !this.#leaderLives() : !group.isPopulated());
    while (!gone()) {
      if (Date.now() >= deadline) return false;
      await sleep(exitMonitorPollMs);
    }
    return true;
  }

  async #awaitEnd(): Promise<RunReport> {
    const { child, log, context } = this.#parts;
    const exit = await child.exit;
    const durationSec = log.sinceExecSec(exit.endedNs);
    clearTimeout(this.#timer);
    if (this.#detached) return new Promise(() => {});
    this.#over = true;
    if (context.spec.lifetime === "tied" && this.#group?.isPopulated() === true)
      this.#ending ??= this.#terminate(context.spec.killAfterMs);
    await this.#ending;
    const state = this.#currentState();
    // `corral stop` ends the whole workload, and the result is that of the whole; should it be gone, this goes on with it.
    if (this.#endedBy === "stop" && state.group !== null && this.#ending === null)
      await this.#killAfter((this.#parts.records.current()?.kill_after_sec ?? 0) * 1000, state.group);
    return this.#finish(state, exit, durationSec);
  }

  async #finish(state: JobState, exit: ExitInfo, durationSec: number): Promise<RunReport> {
    const { log, tethers, wallClock, exitSource } = this.#parts;
    const usage = collectUsage(state.group, exit, state.groupsSince !== null);
    this.#counted = usage;
    const attach = await this.#letGo(state);
    const { survivors, left } = await disband(state.group);
    const alone = survivors === null || survivors.length === 0;
    for (const tether of tethers) tether.goodbye();
    log.add(exit.signal !== null ? "killed" : exit.code === 0 ? "completed" : "failed", describeExit(exit));
    const report = buildReport(
      this.#currentContext(),
      { ...state, events: log.events },
      {
        ...openEnd,
        exit,
        exitSource: exitSource(),
        usage,
        survivors,
        attach,
        endTime: wallClock(),
        durationSec,
        endedByCorral: this.#endedBy,
        cleanupFailed: left.length > 0,
      },
    );
    this.#keep(report, state, alone && left.length === 0);
    return report;
  }
}

const describeExit = (exit: ExitInfo): string =>
  exit.signal !== null
    ? `killed by signal ${exit.signal}`
    : exit.code === null
      ? "ended"
      : `exited with code ${exit.code}`;
