/** How long a connection may take, in milliseconds. */
export interface PatienceLimits {
  /** For a request to come whole, from its first byte on; for the first one of a connection, from its beginning on. */
  readonly wholeMs: number;
  /** Between an answer and the next request of a connection on which nothing runs. */
  readonly idleMs: number;
}

export const plainPatience: PatienceLimits = { wholeMs: 10_000, idleMs: 60_000 };

/**
 * Ends a connection that keeps its place for nothing. Node's own server knows such limits, but only for connections that it has
 * accepted itself.
 *
 * | state | begins with | is left for | its time |
 * |---|---|---|---|
 * | receiving | the connection; bytes while idle | asked | `wholeMs`, whatever drips in meanwhile |
 * | asked | a whole request | idle, with the last answer that is owed | none: it is ours |
 * | idle | an answer | receiving | `idleMs`, anew for as long as something runs that the connection stands for |
 */
export class Patience {
  readonly #limits: PatienceLimits;
  readonly #holds: () => boolean;
  readonly #end: () => void;
  #state: "receiving" | "asked" | "idle" = "receiving";
  #owed = 0;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  /**
   * @param holds whether something runs that ends with the connection
   * @param end ends the connection
   */
  constructor(limits: PatienceLimits, holds: () => boolean, end: () => void) {
    this.#limits = limits;
    this.#holds = holds;
    this.#end = end;
    this.#wait(limits.wholeMs);
  }

  /** Bytes have come. */
  arrived(): void {
    if (this.#state !== "idle") return;
    this.#state = "receiving";
    this.#wait(this.#limits.wholeMs);
  }

  /** A request is here whole, and owed an answer. */
  asked(): void {
    this.#owed += 1;
    this.#state = "asked";
    this.#wait(null);
  }

  /** One answer has gone out. */
  answered(): void {
    this.#owed -= 1;
    if (this.#owed > 0) return;
    this.#state = "idle";
    this.#wait(this.#limits.idleMs);
  }

  /** The connection is no more. */
  close(): void {
    this.#closed = true;
    this.#wait(null);
  }

  #wait(forMs: number | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = forMs === null || this.#closed ? null : setTimeout(() => this.#over(), forMs).unref();
  }

  #over(): void {
    if (this.#state === "idle" && this.#holds()) return this.#wait(this.#limits.idleMs);
    this.#end();
  }
}
