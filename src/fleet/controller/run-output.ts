import type { ControlMessage } from "../model/index.ts";
import type { Link, LinkState } from "./link.ts";
import type { RunEffect } from "./run-event.ts";

/** What is to be done, as it comes up while one event is taken in. */
export class RunOutput {
  #effects: RunEffect[] = [];

  /** What came up since the last call. */
  take(): readonly RunEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  add(effect: RunEffect): void {
    this.#effects.push(effect);
  }

  warn(link: Link, text: string): void {
    this.add({ kind: "warn", agent: link.assignment.index, text });
  }

  send(link: Link, message: ControlMessage): void {
    this.add({ kind: "send", agent: link.assignment.index, message });
  }

  went(link: Link, to: LinkState, why: string): void {
    this.add({ kind: "went", agent: link.assignment.index, from: link.state, to, why });
  }
}
