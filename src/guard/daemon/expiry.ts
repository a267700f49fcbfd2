import { CorralError } from "../../report/index.ts";
import type { GuardEvent, Tell } from "./guard-event.ts";
import type { StateFile } from "./state-file.ts";

/** When sessions end, by name: CLOCK_MONOTONIC in nanoseconds, as text. */
export interface StoredDeadlines {
  readonly deadlines: Readonly<Record<string, string>>;
}

export interface ExpiryOptions {
  readonly file: Pick<StateFile<StoredDeadlines>, "read" | "write">;
  /** Milliseconds that a session lives without being renewed; null: for as long as nobody removes it. */
  readonly ttlMs: (session: string) => number | null;
  /** Ends a session with all its processes. */
  readonly end: (session: string) => Promise<void>;
  readonly tell: Tell;
  readonly nowNs: () => bigint;
}

/** Longest delay of a timer (Node); a later deadline is waited for in several. */
const longestMs = 2 ** 31 - 1;

/** After so long it is tried again to end a session whose processes did not go. */
const againMs = 60_000;

/** Ends sessions whose time to live is over (R8). A change of a session renews it; a restart of the guard does not. */
export class Expiry {
  readonly #options: ExpiryOptions;
  readonly #deadlines: Map<string, bigint>;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(options: ExpiryOptions) {
    this.#options = options;
    const stored = Object.entries(options.file.read()?.deadlines ?? {});
    this.#deadlines = new Map(stored.map(([session, ns]) => [session, BigInt(ns)]));
  }

  /** Milliseconds until a session ends; null: it does not by itself. */
  leftMs(session: string): number | null {
    const deadline = this.#deadlines.get(session);
    return deadline === undefined ? null : Math.max(0, Number(deadline - this.#options.nowNs()) / 1e6);
  }

  /** @throws CorralError STATE_UNWRITABLE */
  readonly heed = (event: GuardEvent): void => {
    if (event.event === "SESSION_REMOVED") this.#set(event.session, null);
    if (event.event === "SESSION_CHANGED") this.#renew(event.session);
    if (event.event !== "SESSION_CREATED") return;
    // An earlier guard's deadline holds on.
    if (event.adopted && this.#deadlines.has(event.session)) this.#arm(event.session);
    else this.#renew(event.session);
  };

  /** Ends no session any more. */
  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #renew(session: string): void {
    const ttlMs = this.#options.ttlMs(session);
    this.#set(session, ttlMs === null ? null : this.#options.nowNs() + BigInt(Math.ceil(ttlMs * 1e6)));
  }

  #set(session: string, deadline: bigint | null): void {
    if (deadline === null && !this.#deadlines.has(session)) return;
    if (deadline === null) this.#deadlines.delete(session);
    else this.#deadlines.set(session, deadline);
    this.#options.file.write({
      deadlines: Object.fromEntries([...this.#deadlines].map(([name, ns]) => [name, String(ns)])),
    });
    this.#arm(session);
  }

  #arm(session: string, leastMs = 0): void {
    clearTimeout(this.#timers.get(session));
    this.#timers.delete(session);
    const leftMs = this.leftMs(session);
    if (leftMs === null) return;
    const delayMs = Math.min(longestMs, Math.max(leastMs, Math.ceil(leftMs)));
    const timer = setTimeout(() => void this.#due(session), delayMs);
    timer.unref();
    this.#timers.set(session, timer);
  }

  async #due(session: string): Promise<void> {
    // It was renewed meanwhile, or is farther away than a timer reaches.
    if (this.leftMs(session) !== 0) return this.#arm(session);
    const { tell, end, ttlMs } = this.#options;
    tell({ event: "SESSION_EXPIRED", session, ttl_ms: ttlMs(session) });
    try {
      await end(session);
    } catch (thrown) {
      tell({ event: "WARNING", session, message: `cannot be ended: ${CorralError.from(thrown).message}` });
      this.#arm(session, againMs);
    }
  }
}
