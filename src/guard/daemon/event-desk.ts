import { setMaxListeners } from "node:events";
import type { GuardEvent, GuardEventDocument } from "./guard-event.ts";

type Take = (event: GuardEventDocument) => void;

/** Hands what the guard tells of itself to everybody who follows it. */
export class EventDesk {
  readonly #followers = new Set<Take>();

  /** Gives every event from now on to `take`, until the signal. */
  follow(take: Take, until: AbortSignal | null): void {
    if (until?.aborted === true) return;
    this.#followers.add(take);
    if (until === null) return;
    setMaxListeners(0, until);
    until.addEventListener("abort", () => this.#followers.delete(take), { once: true });
  }

  readonly tell = (event: GuardEvent): void => {
    const document = { timestamp: process.hrtime.bigint(), time: new Date().toISOString(), ...event };
    for (const take of this.#followers) take(document);
  };
}
