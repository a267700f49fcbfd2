import type { Clock, WakeTimer } from "./wake-timer.ts";

/** Below this a timer of Node cannot be trusted: it counts whole milliseconds of a clock that it reads now and then. */
const fineNs = 1_000_000n;

/** Awaiting turn by turn costs a CPU for up to two milliseconds: not more often than this, at most 8 % of it. */
const fineEveryNs = 20_000_000n;

/** setTimeout takes 31 bits. */
const longestMs = 2 ** 31 - 1;

/**
 * A timer of the event loop, where there is no better one. Node's fire up to a millisecond early, so the clock is asked
 * again. The last millisecond is awaited turn by turn of the event loop, which goes on serving everything else; where
 * deadlines are many, by a timer too, which is up to a millisecond late.
 */
export class LoopTimer implements WakeTimer {
  readonly #clock: Clock;
  readonly #onDue: () => void;
  #atNs: bigint | null = null;
  #lastFineNs: bigint | null = null;
  #timeout: NodeJS.Timeout | null = null;
  #immediate: NodeJS.Immediate | null = null;

  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  set(atNs: bigint | null): void {
    if (atNs === this.#atNs) return;
    this.#stop();
    this.#atNs = atNs;
    this.#arm();
  }

  close(): void {
    this.set(null);
  }

  #stop(): void {
    if (this.#timeout !== null) clearTimeout(this.#timeout);
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    this.#timeout = null;
    this.#immediate = null;
  }

  #arm(): void {
    if (this.#atNs === null) return;
    const nowNs = this.#clock.nowNs();
    const leftNs = this.#atNs - nowNs;
    const mayBeFine = this.#lastFineNs === null || nowNs - this.#lastFineNs >= fineEveryNs;
    if (leftNs <= 0n || (leftNs <= fineNs && mayBeFine)) this.#immediate = setImmediate(() => this.#look());
    else {
      const waitNs = mayBeFine ? leftNs - fineNs : leftNs + fineNs - 1n;
      this.#timeout = setTimeout(() => this.#look(), Math.min(longestMs, Number(waitNs / 1_000_000n)));
    }
  }

  #look(): void {
    this.#timeout = null;
    this.#immediate = null;
    if (this.#atNs === null) return;
    const nowNs = this.#clock.nowNs();
    if (nowNs < this.#atNs) return this.#arm();
    this.#lastFineNs = nowNs;
    this.#atNs = null;
    this.#onDue();
  }
}
