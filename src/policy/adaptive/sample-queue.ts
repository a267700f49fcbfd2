import type { Sample } from "../model/index.ts";

/** Hands samples over one at a time; of those that nobody fetched in time only the newest is kept. */
export class SampleQueue {
  #newest: Sample | null = null;
  #ended: string | null = null;
  #wake: (() => void) | null = null;

  put(sample: Sample): void {
    this.#newest = sample;
    this.#wake?.();
  }

  /** Nothing comes any more; the first reason stays. */
  end(reason: string): void {
    this.#ended ??= reason;
    this.#wake?.();
  }

  /** Why it ended; null while it has not. */
  get ended(): string | null {
    return this.#ended;
  }

  /** The next sample, or null when it has ended. */
  async next(): Promise<Sample | null> {
    while (this.#newest === null && this.#ended === null)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    const sample = this.#ended === null ? this.#newest : null;
    this.#newest = null;
    return sample;
  }
}
