import type { LinkState } from "./link.ts";
import { overStates } from "./link.ts";

/** How many links are in which state: kept rather than counted, since it is asked for with every message. */
export class Census {
  readonly #counts = new Map<LinkState, number>();
  readonly #total: number;

  /** @param total all of them are connecting */
  constructor(total: number) {
    this.#total = total;
    this.#counts.set("connecting", total);
  }

  of(state: LinkState): number {
    return this.#counts.get(state) ?? 0;
  }

  /** How many have not come to their end. */
  get living(): number {
    return overStates.reduce((left, state) => left - this.of(state), this.#total);
  }

  move(from: LinkState, to: LinkState): void {
    this.#counts.set(from, this.of(from) - 1);
    this.#counts.set(to, this.of(to) + 1);
  }
}
