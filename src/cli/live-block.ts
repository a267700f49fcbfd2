/** Up so many lines, to their beginning, and away with all below (ECMA-48 CPL, ED). */
const clearUp = (lines: number): string => `${lines === 0 ? "\r" : `\u001b[${lines}F`}\u001b[J`;
const intervalMs = 500;

export interface LiveBlockOptions {
  /** Takes what goes to the terminal. */
  readonly write: (text: string) => void;
  /** Size of the terminal now. */
  readonly size: () => { readonly columns: number; readonly rows: number };
  /** What is to be told now, in so many lines at most. */
  readonly lines: (rows: number) => readonly string[];
}

/** The last lines of a terminal, told anew twice a second; lines of others go above them. */
export class LiveBlock {
  readonly #options: LiveBlockOptions;
  readonly #timer: NodeJS.Timeout;
  #shown: readonly string[] = [];

  constructor(options: LiveBlockOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#draw(""), intervalMs);
    this.#timer.unref();
    this.#draw("");
  }

  /** Writes lines of others, each ended by LF. */
  above(lines: string): void {
    this.#draw(lines);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#options.write(clearUp(this.#shown.length));
    this.#shown = [];
  }

  #draw(above: string): void {
    const { columns, rows } = this.#options.size();
    const before = this.#shown.length;
    // A line as wide as the terminal would wrap, and one line more than fits would scroll.
    this.#shown = this.#options
      .lines(Math.max(1, rows - 1))
      .slice(0, Math.max(1, rows - 1))
      .map((line) => line.slice(0, Math.max(1, columns - 1)));
    this.#options.write(`${clearUp(before)}${above}${this.#shown.map((line) => `${line}\n`).join("")}`);
  }
}
