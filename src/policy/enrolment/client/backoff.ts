const firstMs = 50;
const lastMs = 1000;
// So that a thousand workloads of one server that restarts do not knock in step.
const jitter = 0.2;

/** Delays between attempts to connect: 50 ms, doubled up to 1 s, each ± 20 %. */
export class Backoff {
  #nextMs = firstMs;

  /** @param random within 0 and 1 */
  next(random: number): number {
    const delayMs = this.#nextMs * (1 - jitter + 2 * jitter * random);
    this.#nextMs = Math.min(this.#nextMs * 2, lastMs);
    return delayMs;
  }

  reset(): void {
    this.#nextMs = firstMs;
  }
}
