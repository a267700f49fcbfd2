import { LatencyHistogram } from "../../report/index.ts";
import type { DeadlineHandle } from "../deadline/index.ts";
import { DeadlineQueue, noDeadline } from "../deadline/index.ts";

/** What is called when a timer is due. */
export type OnDue = (deadlineNs: bigint) => void;

/** The timers of the engine: what is due, beside when. */
export class Timers {
  readonly #queue: DeadlineQueue;
  readonly #calls: (OnDue | undefined)[] = [];
  #changes = 0;
  /** How late deadlines were met. */
  readonly lateness = new LatencyHistogram();

  constructor(baseNs: bigint) {
    this.#queue = new DeadlineQueue(baseNs);
  }

  get size(): number {
    return this.#queue.size;
  }

  /** How often one was set, cancelled or called. */
  get changes(): number {
    return this.#changes;
  }

  earliestNs(): bigint | null {
    return this.#queue.earliestNs();
  }

  /** @returns a handle to cancel it by, until it was called */
  at(deadlineNs: bigint, call: OnDue): DeadlineHandle {
    const handle = this.#queue.add(deadlineNs);
    this.#calls[handle] = call;
    this.#changes += 1;
    return handle;
  }

  cancel(handle: DeadlineHandle): void {
    this.#queue.cancel(handle);
    this.#calls[handle] = undefined;
    this.#changes += 1;
  }

  /**
   * Calls what is due at a time, the earliest first, also what is added meanwhile.
   * @param nowNs by which it is late
   * @returns how many were called
   */
  run(untilNs: bigint, nowNs: bigint, most: number): number {
    let count = 0;
    while (count < most) {
      const earliest = this.#queue.earliestNs();
      const handle = this.#queue.take(untilNs);
      if (handle === noDeadline || earliest === null) break;
      const call = this.#calls[handle];
      this.#calls[handle] = undefined;
      this.#changes += 1;
      count += 1;
      this.lateness.record(Math.max(0, Number(nowNs - earliest)));
      call?.(earliest);
    }
    return count;
  }
}

/** One timer that may be set again or cleared at any time. */
export class OneTimer {
  readonly #timers: Timers;
  #handle: DeadlineHandle | null = null;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  get isSet(): boolean {
    return this.#handle !== null;
  }

  set(deadlineNs: bigint, call: OnDue): void {
    this.clear();
    this.#handle = this.#timers.at(deadlineNs, (dueNs) => {
      this.#handle = null;
      call(dueNs);
    });
  }

  clear(): void {
    if (this.#handle !== null) this.#timers.cancel(this.#handle);
    this.#handle = null;
  }
}
