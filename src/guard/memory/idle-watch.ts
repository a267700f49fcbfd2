/** CPU time of its tasks below which a group counts as idle: an agent that waits for its model looks at a socket now and then. */
const idleShare = 0.02;

interface Look {
  readonly atMs: number;
  readonly cpuUs: number;
}

/** Tells whether a group has been idle for so long, from looks at its CPU time. */
export class IdleWatch {
  #last: Look | null = null;
  #sinceMs: number | null = null;

  /** @param cpuUs CPU time of the group so far @returns for how many milliseconds it has been idle; 0: it is not */
  look(atMs: number, cpuUs: number): number {
    const last = this.#last;
    this.#last = { atMs, cpuUs };
    if (last === null || atMs <= last.atMs) return 0;
    const share = (cpuUs - last.cpuUs) / 1000 / (atMs - last.atMs);
    this.#sinceMs = share < idleShare ? (this.#sinceMs ?? last.atMs) : null;
    return this.#sinceMs === null ? 0 : atMs - this.#sinceMs;
  }
}
