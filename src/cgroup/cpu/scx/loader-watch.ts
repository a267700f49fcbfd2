/** Two looks in vain are needed: after a stop of this process itself the first one comes before what was said meanwhile is read. */
const looksInVain = 2;
const leastLookMs = 5000;

/** Notices when a helper that speaks at every interval has stopped to, though it lives: it is stopped, or hangs. */
export class LoaderWatch {
  readonly #timer: NodeJS.Timeout;
  #vain = 0;

  /**
   * @param intervalMs how often the helper speaks, in milliseconds
   * @param onSilent told once, with for how long it has been silent at least
   */
  constructor(intervalMs: number, onSilent: (silentMs: number) => void) {
    const lookMs = Math.max(leastLookMs, 2 * intervalMs);
    this.#timer = setInterval(() => {
      this.#vain += 1;
      // The first look comes at any time after the last word.
      if (this.#vain <= looksInVain) return;
      this.stop();
      onSilent(looksInVain * lookMs);
    }, lookMs).unref();
  }

  heard(): void {
    this.#vain = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
