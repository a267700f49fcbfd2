import { FirstInFirstOut } from "../first-in-first-out.ts";
import type { Emit, MonitorLine } from "./monitor-line.ts";

/** The lines of a process that has not lived long enough yet. */
interface Held {
  readonly process: object;
  readonly dueNs: bigint;
  lines: MonitorLine[];
  /** Its lines were told, or never will be. */
  over: boolean;
}

export interface HoldBackOptions {
  /** A process that lives shorter is not told at all. */
  readonly minDurationNs: bigint;
  /** Events that arrive this much later than others are still taken in their order. */
  readonly settleNs: bigint;
  readonly emit: Emit;
}

/** Most lines that are held for one process; then they are told, because a process that does so much is not short. */
const linesMost = 256;

/** Processes that are over may wait in the queue for their turn, as many as others, and this many more. */
const slack = 1024;

/**
 * Holds back what a process does until it has lived for the shortest time that is told, so that neither the beginning nor
 * the end of a shorter one is. Its lines come later than they happened, with the time of when they did.
 */
export class HoldBack {
  readonly #options: HoldBackOptions;
  readonly #held = new Map<object, Held>();
  /** In the order of their starts, which all wait for as long. */
  readonly #queue = new FirstInFirstOut<Held>();
  #short = 0;

  constructor(options: HoldBackOptions) {
    this.#options = options;
  }

  /** Processes that were too short, or too young at the end. */
  get short(): number {
    return this.#short;
  }

  /** Whether time alone will bring out more lines. */
  get isWaiting(): boolean {
    return this.#held.size > 0;
  }

  /**
   * Takes a line of a process that goes on.
   * @param startNs when the process began; null when that is not known, then it is old enough
   */
  tell(process: object, startNs: bigint | null, line: MonitorLine): void {
    const { minDurationNs, emit } = this.#options;
    const held = this.#held.get(process);
    if (startNs === null || line.timestamp - startNs >= minDurationNs) {
      if (held !== undefined) this.#release(held);
      emit(line);
    } else if (held === undefined) this.#hold(process, startNs + minDurationNs, line);
    else {
      held.lines.push(line);
      if (held.lines.length >= linesMost) this.#release(held);
    }
  }

  /**
   * Settles what is held of a process that has ended.
   * @param isWanted whether its end would be told
   * @returns whether it was too short, so that its end is not told either
   */
  end(process: object, startNs: bigint | null, timeNs: bigint, isWanted: boolean): boolean {
    const held = this.#held.get(process);
    const isShort = startNs !== null && timeNs - startNs < this.#options.minDurationNs;
    if (isShort) {
      if (isWanted) this.#short += 1;
      if (held !== undefined) this.#drop(held);
    } else if (held !== undefined) this.#release(held);
    return isShort;
  }

  /** Tells what has lived long enough by now. */
  advance(nowNs: bigint): void {
    this.#releaseDue(nowNs - this.#options.settleNs);
  }

  /** Tells what has lived long enough at the end; the rest is given up. */
  finish(nowNs: bigint): void {
    this.#releaseDue(nowNs);
    this.#short += this.#held.size;
    this.#held.clear();
  }

  #hold(process: object, dueNs: bigint, line: MonitorLine): void {
    const held = { process, dueNs, lines: [line], over: false };
    this.#held.set(process, held);
    this.#queue.push(held);
    if (this.#queue.size > 2 * this.#held.size + slack) this.#queue.retain(({ over }) => !over);
  }

  #releaseDue(nowNs: bigint): void {
    for (let first = this.#queue.peek(); first !== undefined; first = this.#queue.peek()) {
      if (!first.over && first.dueNs > nowNs) return;
      this.#queue.shift();
      if (!first.over) this.#release(first);
    }
  }

  #release(held: Held): void {
    const { lines } = held;
    this.#drop(held);
    for (const line of lines) this.#options.emit(line);
  }

  #drop(held: Held): void {
    held.over = true;
    held.lines = [];
    this.#held.delete(held.process);
  }
}
