/** What is kept of an output. */
export interface KeptOutput {
  readonly text: string;
  /** Bytes that were written in all. */
  readonly bytes: number;
  /** Bytes of the middle that were left out. */
  readonly omitted_bytes: number;
}

/** Keeps the first and the last part of an output, in a bounded space: how it began and how it ended tell most. */
export class BoundedOutput {
  readonly #half: number;
  readonly #head: Buffer[] = [];
  #headBytes = 0;
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #bytes = 0;

  /** @param mostBytes to be kept, 2 at least */
  constructor(mostBytes: number) {
    this.#half = Math.floor(mostBytes / 2);
  }

  add(chunk: Buffer): void {
    this.#bytes += chunk.length;
    const toHead = chunk.subarray(0, Math.max(0, this.#half - this.#headBytes));
    if (toHead.length > 0) {
      this.#head.push(toHead);
      this.#headBytes += toHead.length;
    }
    const rest = chunk.subarray(toHead.length);
    if (rest.length === 0) return;
    this.#tail.push(rest);
    this.#tailBytes += rest.length;
    // Joined now and then only: one byte at a time must not cost a copy of the whole each time.
    if (this.#tailBytes > this.#half * 4) this.#trim();
  }

  /** Invalid UTF-8, and characters cut at the gap, become U+FFFD. */
  kept(): KeptOutput {
    this.#trim();
    const omitted = this.#bytes - this.#headBytes - this.#tailBytes;
    const gap = omitted === 0 ? [] : [Buffer.from(`\n[... ${omitted} bytes left out ...]\n`)];
    const text = Buffer.concat([...this.#head, ...gap, ...this.#tail]).toString("utf8");
    return { text, bytes: this.#bytes, omitted_bytes: omitted };
  }

  #trim(): void {
    const all = Buffer.concat(this.#tail);
    const last = Buffer.from(all.subarray(Math.max(0, all.length - this.#half)));
    this.#tail = [last];
    this.#tailBytes = last.length;
  }
}
