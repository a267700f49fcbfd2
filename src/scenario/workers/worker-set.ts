import { exitFromWaitStatus, listTasks } from "../../kernel/index.ts";
import { settlesWithin, systemClock } from "../clock/index.ts";
import type { Latencies } from "./latencies.ts";
import { noLatencies, readLatencies } from "./latencies.ts";
import { layout } from "./layout.ts";
import type { Leader } from "./leader.ts";
import type { WorkerEnd, WorkerReport } from "./report.ts";
import { readReport } from "./report.ts";
import type { WorkerSample, WorkTotals } from "./sample.ts";
import type { SharedMemory } from "./shared-memory.ts";

/** How long workers that were never released work before they are stopped, so that a report says something. */
export const unreleasedGraceMs = 500;
/** Default of `stop`. */
export const stopMs = 5000;
/** Default: a killed process that does not end within this is stuck in the kernel; its report says so. */
export const defaultKillMs = 2000;

/** processes: each is one; functions: each is a process of node, which has threads; threads: all are of one process. */
export type WorkerKind = "processes" | "functions" | "threads";

export interface WorkerSetOptions {
  readonly kind: WorkerKind;
  /** Default 2000. */
  readonly killMs?: number | undefined;
}

/** What is known of the ends of the workers, while lines come. */
export interface Ends {
  /** Status in the form of wait(2) by worker. */
  readonly statuses: Pick<ReadonlyMap<number, number>, "get" | "has">;
  /** Settles when all have ended, or the leader has. */
  readonly allEnded: Promise<void>;
}

/**
 * Workers of one kind, made and placed together. They are born blocked: place their `pids`, set their attributes, then
 * `release` them. Their pids stay theirs until the set is closed. When we die, so do they.
 */
export class WorkerSet implements AsyncDisposable {
  readonly pids: readonly number[];
  readonly #leader: Leader;
  readonly #memory: SharedMemory;
  readonly #ends: Ends;
  readonly #kind: WorkerKind;
  readonly #killMs: number;
  #isReleased = false;
  #epoch = 0;
  #finishing: Promise<WorkerReport[]> | null = null;
  #closing: Promise<unknown> | null = null;
  #stuck: readonly number[] = [];

  constructor(leader: Leader, memory: SharedMemory, ends: Ends, { kind, killMs = defaultKillMs }: WorkerSetOptions) {
    this.#leader = leader;
    this.#memory = memory;
    this.#ends = ends;
    this.#kind = kind;
    this.#killMs = killMs;
    this.pids = memory.samples().map(({ pid }) => pid);
  }

  /** The threads of a worker, itself first: what it is told of CPUs and priorities is for all of them. */
  tasksOf(pid: number): readonly number[] {
    return this.#kind === "functions" ? listTasks(pid) : [pid];
  }

  /** One task of each process: what is put into groups, where the kernel moves a process whole. */
  get processes(): readonly number[] {
    return this.#kind === "threads" ? this.pids.slice(0, 1) : this.pids;
  }

  /** Lets all workers begin. Idempotent. */
  release(): void {
    this.#isReleased = true;
    this.#leader.tell("go");
  }

  /** Counters of all workers, with one system call; workers are not disturbed. */
  sample(): WorkerSample[] {
    return this.#memory.samples();
  }

  /** Their sums alone. */
  totals(): WorkTotals {
    return this.#memory.totals();
  }

  /** Latencies so far, by worker: what a phase added is `latenciesSince`. */
  latencies(): Latencies[] {
    // Most kinds of work have none, and records are long.
    return this.sample().map(({ index, samples }) =>
      samples === 0 ? noLatencies() : readLatencies(this.#memory.record(index)),
    );
  }

  /** Pids of workers that had not ended in time (2 s) after they were killed: the set was closed without them. */
  get stuck(): readonly number[] {
    return this.#stuck;
  }

  /** Settles when no worker runs any more. */
  get ended(): Promise<void> {
    return this.#ends.allEnded;
  }

  /** Say so before the CPUs that workers may use are changed: which they are on meanwhile is not recorded. */
  suspendCpus(): void {
    this.#epoch |= 1;
    this.#memory.setEpoch(this.#epoch);
  }

  /** The change is done: CPUs are recorded anew from now on. */
  beginCpuset(): void {
    this.suspendCpus();
    this.#memory.clearCpus(((this.#epoch + 1) / 2) % layout.epochs);
    this.#epoch += 1;
    this.#memory.setEpoch(this.#epoch);
  }

  /**
   * Tells the workers to stop, kills those that have not after `timeoutMs` (default 5000) and all that they made, and
   * closes the set. A frozen worker cannot stop: thaw its group first. Workers that were never released work for 500 ms.
   * Whoever asks again, or disposes meanwhile, waits for the same end.
   * @returns a report for every worker, also of those that were killed
   */
  stop({ timeoutMs = stopMs }: { readonly timeoutMs?: number } = {}): Promise<WorkerReport[]> {
    this.#finishing ??= this.#stop(timeoutMs);
    return this.#finishing;
  }

  /** As `stop`, without asking: no worker completes. */
  kill(): Promise<WorkerReport[]> {
    this.#finishing ??= this.#finish(new Set());
    return this.#finishing;
  }

  async #stop(timeoutMs: number): Promise<WorkerReport[]> {
    if (!this.#isReleased) {
      this.release();
      await settlesWithin(systemClock, this.#ends.allEnded, unreleasedGraceMs);
    }
    this.#leader.tell("stop");
    const inTime = await settlesWithin(systemClock, this.#ends.allEnded, timeoutMs);
    const late = new Set(inTime ? [] : this.#running());
    return this.#finish(late);
  }

  #running(): number[] {
    return this.pids.flatMap((_, index) => (this.#ends.statuses.has(index) ? [] : [index]));
  }

  async #finish(late: ReadonlySet<number>): Promise<WorkerReport[]> {
    this.#leader.tell("kill");
    if (!(await settlesWithin(systemClock, this.#ends.allEnded, this.#killMs)))
      this.#stuck = this.#running().flatMap((index) => this.pids[index] ?? []);
    const reports = this.#reports(late);
    await this.#close();
    return reports;
  }

  #reports(late: ReadonlySet<number>): WorkerReport[] {
    const threadOf = this.#kind === "threads" ? this.#leader.child.pid : null;
    const facts = { cpusets: Math.floor(this.#epoch / 2) + 1, nowNs: process.hrtime.bigint(), threadOf };
    return this.sample().map((sample) =>
      readReport(this.#memory.record(sample.index), sample, { ...facts, end: this.#endOf(sample.index, late) }),
    );
  }

  #endOf(index: number, late: ReadonlySet<number>): WorkerEnd {
    if (late.has(index)) return { kind: "timed-out" };
    const status = this.#ends.statuses.get(index);
    if (status === undefined) return { kind: "lost" };
    const { code, signal } = exitFromWaitStatus(status);
    return signal === null ? { kind: "exited", code: code ?? 0 } : { kind: "signaled", signal };
  }

  /** Kills what runs and frees everything; no reports. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#finishing;
    await this.#close();
  }

  async #close(): Promise<void> {
    if (this.#closing === null) {
      this.#closing = this.#leader.quit();
      this.#memory.close();
    }
    await this.#closing;
  }
}
