import type { LinkState } from "./link.ts";

/** How many links are in which state: kept rather than counted, since it is asked for with every message. */
export class Census {
  readonly #counts = new Map<LinkState, number>();

  /** @param total all of them are connecting */
  constructor(total: number) {
    this.#counts.set("connecting", total);
  }

  of(state: LinkState): number {
    return this.#counts.get(state) ?? 0;
  }

  move(from: LinkState, to: LinkState): void {
    this.#counts.set(from, this.of(from) - 1);
    this.#counts.set(to, this.of(to) + 1);
  }
}
