/** From this rate on a wake-up per record costs more than it gains (docs/benchmarks.md). */
const quietPerSec = 5000;
/** Down from this rate on the delay of a timer is no longer worth what it saves. */
const wakingPerSec = 1000;
/** A rate is that of at least so long. */
const windowNs = 20_000_000;

/**
 * Decides whether the kernel is to wake a reader for its records, or the reader looks at them on a timer: seldom ones are
 * wanted at once, and many at a time.
 */
export class WakePace {
  #quiet = false;
  #sinceNs: number;
  #records = 0;

  /** @param nowNs of any steady clock */
  constructor(nowNs: number) {
    this.#sinceNs = nowNs;
  }

  get quiet(): boolean {
    return this.#quiet;
  }

  /** Takes note of records that were read; true when `quiet` changed. */
  note(records: number, nowNs: number): boolean {
    this.#records += records;
    const tookNs = nowNs - this.#sinceNs;
    // Many are noticed before the window is over.
    const most = (quietPerSec * windowNs) / 1e9;
    if (tookNs < windowNs && (this.#quiet || this.#records < most)) return false;
    const perSec = (this.#records * 1e9) / Math.max(tookNs, windowNs);
    this.#sinceNs = nowNs;
    this.#records = 0;
    const quiet = this.#quiet ? perSec >= wakingPerSec : perSec >= quietPerSec;
    if (quiet === this.#quiet) return false;
    this.#quiet = quiet;
    return true;
  }
}
