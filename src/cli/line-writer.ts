import { CorralError } from "../report/index.ts";
import { writeWhileRead } from "./output.ts";

const blockLength = 64 * 1024;

/**
 * Writes lines to stdout, many at once while they come without a pause, and at the latest when the event loop has nothing
 * else to do.
 */
export class LineWriter {
  readonly #onGone: () => void;
  #waiting = "";
  #scheduled: NodeJS.Immediate | null = null;
  #isGone = false;
  #failure: CorralError | null = null;

  /** @param onGone called once when nobody reads stdout any more, or it takes no more */
  constructor(onGone: () => void) {
    this.#onGone = onGone;
  }

  write(text: string): void {
    if (this.#isGone) return;
    this.#waiting += text;
    if (this.#waiting.length >= blockLength) this.flush();
    else this.#scheduled ??= setImmediate(() => this.flush());
  }

  flush(): void {
    if (this.#scheduled !== null) clearImmediate(this.#scheduled);
    this.#scheduled = null;
    const text = this.#waiting;
    this.#waiting = "";
    if (text === "" || this.#isGone) return;
    try {
      if (writeWhileRead(1, text)) return;
    } catch (thrown) {
      this.#failure = CorralError.from(thrown);
    }
    this.#isGone = true;
    this.#onGone();
  }

  /**
   * Writes the rest.
   * @throws CorralError REPORT_UNWRITABLE when stdout took no more
   */
  end(): void {
    this.flush();
    if (this.#failure !== null) throw this.#failure;
  }
}
