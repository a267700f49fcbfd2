/** Part of a CPU beyond which an urgent process gives way, and down from which it may be urgent again. */
const mostShare = 0.75;
const calmShare = 0.5;
/** A part is that of at least so long: what a collection of garbage takes at a time is no sign of trouble. */
const windowNs = 1_000_000_000;

/**
 * Whether a process may go before all others: as long as it needs little. One that has more to do than that is no matter of being in
 * time any more, and others are to have their share.
 */
export class UrgencyBudget {
  #urgent = true;
  #cpuUs: number;
  #sinceNs: number;

  /** @param cpuUs that it used so far @param nowNs of any steady clock */
  constructor(cpuUs: number, nowNs: number) {
    this.#cpuUs = cpuUs;
    this.#sinceNs = nowNs;
  }

  /** To be told a few times a second what it used so far. @returns whether it may be urgent until the next time */
  note(cpuUs: number, nowNs: number): boolean {
    const tookNs = nowNs - this.#sinceNs;
    if (tookNs < windowNs) return this.#urgent;
    const share = ((cpuUs - this.#cpuUs) * 1000) / tookNs;
    this.#urgent = share <= (this.#urgent ? mostShare : calmShare);
    this.#cpuUs = cpuUs;
    this.#sinceNs = nowNs;
    return this.#urgent;
  }
}
