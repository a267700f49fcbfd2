import type { AckStats } from "../../model/index.ts";
import { nowNs } from "./requests.ts";

/** Statistics that a workload told, with a result or of its own accord. */
export interface ToldStats {
  readonly stats: AckStats;
  /** CLOCK_MONOTONIC of their arrival. */
  readonly atNs: bigint;
}

/** The last statistics of each enrolment there is. */
export class LatestStats {
  readonly #byToken = new Map<string, ToldStats>();

  get(token: string): ToldStats | null {
    return this.#byToken.get(token) ?? null;
  }

  note(token: string, stats: AckStats | null): void {
    if (stats !== null) this.#byToken.set(token, { stats, atNs: nowNs() });
  }

  forget(token: string): void {
    this.#byToken.delete(token);
  }
}
