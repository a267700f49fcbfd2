import type { MoveWarmer } from "../../kernel/index.ts";
import { startMoveWarmer } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import { decideKeeping } from "./decide-keeping.ts";
import type { MoveHistory } from "./move-history.ts";
import { noMoves, noteMove } from "./move-history.ts";
import { ownProcs } from "./own-procs.ts";
import type { WarmMoves, WarmMovesStatus } from "./warm-moves.ts";

/** A touch of the lock, before one was measured; of this host (docs/benchmarks.md). */
const plainTouchMs = 0.02;
/** How often it is asked whether it still pays, while it is done. */
const reviewMs = 1000;

/** A helper with what it was started for. */
interface Keeping {
  readonly periodMs: number;
  readonly sinceMs: number;
  readonly warmer: MoveWarmer;
}

/**
 * Keeps the lock on moves warm while that pays: a process of its own touches it every few milliseconds (kernel's
 * startMoveWarmer), started when moves come and ended when they do not.
 */
export class WarmKeeper {
  readonly #nowMs: () => number;
  #wanted: WarmMoves;
  #history: MoveHistory = noMoves;
  #moves = 0;
  #movedNs = 0n;
  #touchMs = plainTouchMs;
  #formerCpuMs = 0;
  #keeping: Keeping | null = null;
  /** Period that is wanted, also while the helper is being started. */
  #periodMs: number | null = null;
  #changing: Promise<void> = Promise.resolve();
  #review: NodeJS.Timeout | null = null;
  #problem: string | null = null;
  #closed = false;

  /** @param nowMs steady clock, in milliseconds */
  constructor(wanted: WarmMoves, nowMs: () => number = () => performance.now()) {
    this.#wanted = wanted;
    this.#nowMs = nowMs;
  }

  /** Begins with what is wanted from the start. */
  open(): void {
    this.#decide();
  }

  /** Wants something else from now on. */
  reload(wanted: WarmMoves): void {
    this.#wanted = wanted;
    this.#problem = null;
    this.#decide();
  }

  /** Takes note of a move that was made. @param startMs by the clock of this keeper */
  note(startMs: number, tookMs: number): void {
    this.#moves += 1;
    this.#movedNs = process.hrtime.bigint();
    this.#history = noteMove(this.#history, { startMs, tookMs, kept: this.#keeping !== null });
    // Not in the way of who has just been moved.
    setImmediate(() => this.#decide()).unref();
  }

  /** As `note`, by CLOCK_MONOTONIC. */
  noteAt(beganNs: bigint, endedNs: bigint): void {
    const agoMs = Number(process.hrtime.bigint() - beganNs) / 1e6;
    this.note(this.#nowMs() - agoMs, Number(endedNs - beganNs) / 1e6);
  }

  /** When the last move that was noted was over, by CLOCK_MONOTONIC; 0: none was. */
  get movedNs(): bigint {
    return this.#movedNs;
  }

  get status(): WarmMovesStatus {
    const { coldMs, warmMs } = this.#history;
    const cpu = this.#formerCpuMs + (this.#keeping?.warmer.cpuMs() ?? 0);
    return {
      wanted: this.#wanted,
      period_ms: this.#keeping?.periodMs ?? null,
      cpu_ms: rounded(cpu),
      cold_move_ms: rounded(coldMs),
      warm_move_ms: rounded(warmMs),
      moves: this.#moves,
      problem: this.#problem,
    };
  }

  /** Ends the keeping. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#change(null);
    await this.#changing;
  }

  #decide(): void {
    if (this.#closed || this.#problem !== null) return;
    this.#measureTouch();
    const periodMs = decideKeeping({
      wanted: this.#wanted,
      nowMs: this.#nowMs(),
      history: this.#history,
      periodMs: this.#periodMs,
      touchMs: this.#touchMs,
    });
    if (periodMs !== this.#periodMs) this.#change(periodMs);
  }

  /** What the helper has used of the CPU, by what it has done. */
  #measureTouch(): void {
    if (this.#keeping === null) return;
    const { warmer, sinceMs, periodMs } = this.#keeping;
    const touches = (this.#nowMs() - sinceMs) / periodMs;
    const cpuMs = warmer.cpuMs();
    if (touches >= 100 && cpuMs > 0) this.#touchMs = cpuMs / touches;
  }

  #change(periodMs: number | null): void {
    this.#periodMs = periodMs;
    // How long a warm move takes is to be seen anew, by the other period.
    this.#history = { ...this.#history, warmMs: periodMs === null ? this.#history.warmMs : null };
    this.#changing = this.#changing.then(() => this.#apply());
    if (this.#review !== null) clearInterval(this.#review);
    this.#review = periodMs === null ? null : setInterval(() => this.#decide(), reviewMs).unref();
  }

  /** Makes what is done what is wanted; the new helper begins before the old one ends. */
  async #apply(): Promise<void> {
    const before = this.#keeping;
    const wanted = this.#periodMs;
    if (wanted === (before?.periodMs ?? null)) return;
    try {
      this.#keeping = wanted === null ? null : await this.#start(wanted);
    } catch (thrown) {
      this.#fail(CorralError.from(thrown).message);
    }
    if (before === null) return;
    this.#formerCpuMs += before.warmer.cpuMs();
    before.warmer.helper.goodbye();
  }

  async #start(periodMs: number): Promise<Keeping> {
    // The helper is born there.
    const procs = ownProcs();
    if (procs === null) throw new CorralError("CGROUP_IO", "this process is in no group that it can see");
    const warmer = await startMoveWarmer(periodMs, procs);
    const keeping = { periodMs, sinceMs: this.#nowMs(), warmer };
    void this.#awaitEnd(keeping);
    return keeping;
  }

  async #awaitEnd(keeping: Keeping): Promise<void> {
    await keeping.warmer.helper.child.exit;
    if (this.#keeping === keeping) this.#fail("its helper has ended: it may not move itself within its own group");
  }

  #fail(problem: string): void {
    this.#keeping = null;
    this.#periodMs = null;
    this.#problem = problem;
    if (this.#review !== null) clearInterval(this.#review);
  }
}

function rounded<T extends number | null>(ms: T): T {
  return (ms === null ? null : Math.round(ms * 1000) / 1000) as T;
}
