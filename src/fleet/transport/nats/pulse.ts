/** How long signs of life may be missing, in milliseconds. */
export interface PulseLimits {
  /** Between two looks at whether the other side lives. */
  readonly lookMs: number;
  /** For the other side to be there again, once the broker says that nobody listens. */
  readonly absentMs: number;
  /** For anything to come of a side that listens, and for a broker to be there again. */
  readonly silentMs: number;
}

export interface PulseParts {
  readonly limits: PulseLimits;
  /** Asks the other side for a sign of life. `absent`: the broker says that nobody listens. Never rejects. */
  readonly ask: () => Promise<"alive" | "absent" | "unknown">;
  /** How long the broker has been away; null: it is there. */
  readonly brokerAwayMs: () => number | null;
  /** The other side is lost. Once. */
  readonly onLost: (why: string) => void;
}

const now = (): number => performance.now();

/** Tells when the other side of a stream is lost: no connection of ours would break with it. */
export class Pulse {
  readonly #parts: PulseParts;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;
  /** Since the last look. */
  #hasHeard = true;
  #heardMs = now();
  #absentSinceMs: number | null = null;

  constructor(parts: PulseParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = setTimeout(() => void this.#look(), this.#parts.limits.lookMs);
  }

  /** Anything came of the other side. */
  heard(): void {
    this.#hasHeard = true;
    this.#heardMs = now();
    this.#absentSinceMs = null;
  }

  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const why = await this.#judge();
    if (this.#isOver) return;
    if (why === null) return this.start();
    this.stop();
    return this.#parts.onLost(why);
  }

  /** Why the other side is lost; null: it is not. */
  async #judge(): Promise<string | null> {
    const { ask, brokerAwayMs, limits } = this.#parts;
    const awayMs = brokerAwayMs();
    if (awayMs !== null) {
      // Who is away hears nobody, and cannot tell who else is.
      this.heard();
      return awayMs < limits.silentMs ? null : `the broker has been away for ${Math.round(awayMs / 1000)} s`;
    }
    if (this.#hasHeard) {
      this.#hasHeard = false;
      return null;
    }
    const answer = await ask();
    if (answer === "alive") {
      this.heard();
      this.#hasHeard = false;
      return null;
    }
    return answer === "absent" ? this.#judgeAbsence() : this.#judgeSilence();
  }

  /** It may be connecting again. */
  #judgeAbsence(): string | null {
    this.#absentSinceMs ??= now();
    const missing = now() - this.#absentSinceMs >= this.#parts.limits.absentMs;
    return missing ? "it is not at the broker any more" : null;
  }

  #judgeSilence(): string | null {
    const silentMs = now() - this.#heardMs;
    return silentMs >= this.#parts.limits.silentMs ? `nothing came of it for ${Math.round(silentMs / 1000)} s` : null;
  }
}
