import type { ProtectedReading, Suffered } from "./readings.ts";

interface Sample {
  readonly atMs: number;
  readonly stallUs: number;
}

/** What protected sessions suffer, from counters that only grow: stall over a sliding window, and hits since the last look. */
export class StallWindow {
  readonly #samples = new Map<string, Sample[]>();
  readonly #hits = new Map<string, number>();

  /** @param windowMs over which stall is measured; before a session has been seen for so long, its share counts over the whole window */
  take(nowMs: number, protects: readonly ProtectedReading[], windowMs: number): Pick<Suffered, "stallShare" | "hits"> {
    this.#forgetOthers(protects);
    let stallShare: number | null = null;
    let hits = 0;
    for (const reading of protects) {
      hits += this.#newHits(reading);
      const share = this.#share(nowMs, reading, windowMs);
      if (share !== null) stallShare = Math.max(stallShare ?? 0, share);
    }
    return { stallShare, hits };
  }

  #newHits({ place, highHits, maxHits }: ProtectedReading): number {
    const now = highHits + maxHits;
    const before = this.#hits.get(place.directory) ?? now;
    this.#hits.set(place.directory, now);
    return Math.max(0, now - before);
  }

  #share(nowMs: number, { place, stallUs }: ProtectedReading, windowMs: number): number | null {
    if (stallUs === null) return null;
    const samples = this.#samples.get(place.directory) ?? [];
    samples.push({ atMs: nowMs, stallUs });
    // One sample from before the window stays: the window begins at it.
    while (samples.length > 2 && (samples[1]?.atMs ?? nowMs) <= nowMs - windowMs) samples.shift();
    this.#samples.set(place.directory, samples);
    const first = samples[0];
    if (first === undefined) return 0;
    const spanMs = Math.max(windowMs, nowMs - first.atMs);
    return Math.min(1, Math.max(0, stallUs - first.stallUs) / (spanMs * 1000));
  }

  #forgetOthers(protects: readonly ProtectedReading[]): void {
    const known = new Set(protects.map(({ place }) => place.directory));
    for (const map of [this.#samples, this.#hits])
      for (const directory of [...map.keys()]) if (!known.has(directory)) map.delete(directory);
  }
}
