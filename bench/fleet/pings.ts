import type { ControlMessage } from "../../src/fleet/model/index.ts";
import type { AgentDialer, FleetStream } from "../../src/fleet/transport/index.ts";
import { nowMs } from "../lib/measure.ts";

/** Ids that no controller comes to. */
const firstId = 2n ** 62n;

/** Asks agents for signs of life in the streams of a run that goes on, beside the run's own messages. */
export class Pings {
  /** The dialer to give to the run. */
  readonly dialer: AgentDialer;
  /** From each question to its answer. */
  readonly answersMs: number[] = [];
  readonly #asked = new Map<bigint, number>();
  readonly #streams: FleetStream<ControlMessage>[] = [];
  #next = firstId;

  constructor(dialer: AgentDialer) {
    this.dialer = {
      open: (target, listener) => {
        const stream = dialer.open(target, {
          opened: () => listener.opened?.(),
          garbled: (what) => listener.garbled(what),
          ended: (error) => listener.ended(error),
          message: (message) => {
            const askedMs = message.kind === "pong" ? this.#asked.get(message.id) : undefined;
            if (message.kind !== "pong" || askedMs === undefined) return listener.message(message);
            this.#asked.delete(message.id);
            this.answersMs.push(nowMs() - askedMs);
            return undefined;
          },
        });
        this.#streams.push(stream);
        return stream;
      },
      ping: (target, signal) => dialer.ping(target, signal),
      status: (target, signal) => dialer.status(target, signal),
      [Symbol.asyncDispose]: () => dialer[Symbol.asyncDispose](),
    };
  }

  /** Those that have no answer yet. */
  get unanswered(): number {
    return this.#asked.size;
  }

  /** Asks one agent, a different one each time. */
  ask(): void {
    // A step that has no factor in common with round numbers comes to all of them.
    const at = Number((this.#next - firstId) * 7919n) % this.#streams.length;
    this.#asked.set(this.#next, nowMs());
    this.#streams[at]?.send({ kind: "ping", id: this.#next, sentNs: 0n });
    this.#next += 1n;
  }
}
