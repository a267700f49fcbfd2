import type { Arena } from "../../arena/index.ts";

/** Between two looks at what an arena saves: a look goes over every chunk. */
const lookMs = 50;

/** Adds up what an arena saves over time: memory that is compressed and used again at once has saved nothing. */
export class SavingMeter {
  readonly #arena: Arena;
  #lookedMs: number;
  #savedBytes: number;
  #byteMs = 0;
  #mostBytes = 0;

  constructor(arena: Arena, nowMs: number) {
    this.#arena = arena;
    this.#lookedMs = nowMs;
    this.#savedBytes = arena.stats().derived.saved_bytes;
  }

  /** Looks, when it is time to. */
  look(nowMs: number, now = false): void {
    if (!now && nowMs - this.#lookedMs < lookMs) return;
    const saved = this.#arena.stats().derived.saved_bytes;
    // What was saved at the first look may be gone long before the second: the mean of both.
    this.#byteMs += ((this.#savedBytes + saved) / 2) * (nowMs - this.#lookedMs);
    this.#mostBytes = Math.max(this.#mostBytes, saved);
    this.#savedBytes = saved;
    this.#lookedMs = nowMs;
  }

  /** Saved bytes times the seconds they stayed saved. */
  get retainedByteSec(): number {
    return Math.round(this.#byteMs / 1000);
  }

  get mostSavedBytes(): number {
    return this.#mostBytes;
  }
}
