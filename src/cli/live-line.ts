/** Back to the first column, and away with what is there (ECMA-48 CR, EL). */
const clear = "\r\u001b[K";
const intervalMs = 500;

export interface LiveLineOptions {
  /** Takes what goes to the terminal. */
  readonly write: (text: string) => void;
  /** Columns of the terminal now. */
  readonly width: () => number;
  /** What is to be told now: one line. */
  readonly text: () => string;
}

/** The last line of a terminal, told anew twice a second as long as it changes; lines of others go above it. */
export class LiveLine {
  readonly #options: LiveLineOptions;
  readonly #timer: NodeJS.Timeout;
  #shown = "";

  constructor(options: LiveLineOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#refresh(), intervalMs);
    this.#timer.unref();
    this.#refresh();
  }

  #refresh(): void {
    // A line as wide as the terminal would wrap, and only its end could be cleared.
    const text = this.#options.text().slice(0, Math.max(1, this.#options.width() - 1));
    if (text === this.#shown) return;
    this.#shown = text;
    this.#options.write(`${clear}${text}`);
  }

  /** Writes lines of others, each ended by LF. */
  above(lines: string): void {
    this.#options.write(`${clear}${lines}${this.#shown}`);
  }

  end(): void {
    clearInterval(this.#timer);
    if (this.#shown !== "") this.#options.write(clear);
    this.#shown = "";
  }
}
