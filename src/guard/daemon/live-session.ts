import type { SessionSpec } from "../model/index.ts";
import type { SessionGroups } from "../tree/index.ts";
import type { Actor } from "./guard-event.ts";

/** A freeze that stands now. */
export interface Freeze {
  readonly by: Actor;
  readonly sinceNs: bigint;
  /** Ends it when nobody else does. */
  readonly timer: NodeJS.Timeout;
}

/** A session that exists. */
export interface LiveSession {
  readonly spec: SessionSpec;
  readonly groups: SessionGroups;
  /** Wall clock, RFC 3339. */
  readonly since: string;
  readonly freeze: Freeze | null;
  /** Nanoseconds of all freezes that are over. */
  readonly thawedNs: bigint;
}

/** How long a session has been frozen in all, in nanoseconds. */
export const frozenNs = ({ freeze, thawedNs }: LiveSession, nowNs: bigint): bigint =>
  thawedNs + (freeze === null ? 0n : nowNs - freeze.sinceNs);

/** Puts the operations on each session one after the other. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const mine = (this.#last.get(name) ?? Promise.resolve()).then(work, work);
    const settled: Promise<unknown> = mine
      .catch(() => {})
      .finally(() => {
        if (this.#last.get(name) === settled) this.#last.delete(name);
      });
    this.#last.set(name, settled);
    return mine;
  }
}
