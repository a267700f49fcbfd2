/** So many at once, and so many per second after that. Time is given by who asks. */
export class TokenBucket {
  readonly #burst: number;
  readonly #perSec: number;
  #left: number;
  #atMs: number;

  constructor(burst: number, perSec: number, nowMs: number) {
    this.#burst = burst;
    this.#perSec = perSec;
    this.#left = burst;
    this.#atMs = nowMs;
  }

  /** Whether there was one to take. */
  take(nowMs: number): boolean {
    this.#left = Math.min(this.#burst, this.#left + ((nowMs - this.#atMs) / 1000) * this.#perSec);
    this.#atMs = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
