import type { ProtectedReading } from "./readings.ts";

interface Sample {
  readonly atMs: number;
  readonly bytes: number;
}

/**
 * What protected sessions had of late and do not have now: what their next tool call is likely to want again. Agents run the same
 * call again and again, so the peak of one is the best guess for the next.
 */
export class PeakReserve {
  /** By session: samples that nothing later has exceeded, so that the first is the peak of the window. */
  readonly #peaks = new Map<string, Sample[]>();

  /** @param windowMs for how long a peak counts; 0: none does. @returns bytes, of all protected sessions together */
  take(nowMs: number, protects: readonly ProtectedReading[], windowMs: number): number {
    const known = new Set(protects.map(({ place }) => place.directory));
    for (const directory of [...this.#peaks.keys()]) if (!known.has(directory)) this.#peaks.delete(directory);
    return protects.reduce((sum, one) => sum + this.#missing(nowMs, one, windowMs), 0);
  }

  #missing(nowMs: number, { place, currentBytes }: ProtectedReading, windowMs: number): number {
    const kept = (this.#peaks.get(place.directory) ?? []).filter(
      ({ atMs, bytes }) => atMs > nowMs - windowMs && bytes > currentBytes,
    );
    this.#peaks.set(place.directory, [...kept, { atMs: nowMs, bytes: currentBytes }]);
    return Math.max(0, (kept[0]?.bytes ?? 0) - currentBytes);
  }
}
