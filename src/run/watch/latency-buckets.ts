/** Upper bounds in milliseconds; what is above the last counts in +Inf. */
export const latencyBoundsMs: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000];

/** How long something took, as a cumulative histogram is made of it. */
export interface Latencies {
  /** One count per bound, and one more for what is above. */
  readonly counts: readonly number[];
  readonly sumMs: number;
}

/** Counts latencies as a metric tells them, by fixed bounds; 96 bytes, however many there are. */
export class LatencyBuckets {
  readonly #counts: number[] = [...latencyBoundsMs, 0].map(() => 0);
  #sumMs = 0;

  add(ms: number): void {
    const at = latencyBoundsMs.findIndex((bound) => ms <= bound);
    const bucket = at === -1 ? latencyBoundsMs.length : at;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sumMs += ms;
  }

  get(): Latencies {
    return { counts: [...this.#counts], sumMs: this.#sumMs };
  }
}
