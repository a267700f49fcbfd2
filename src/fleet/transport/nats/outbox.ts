import type { Letter, LetterKind } from "./letter.ts";

/** How letters leave. Either rejects when it cannot be known that the broker has the letter. */
export interface Post {
  /** Settles when the broker keeps it. */
  keep(letter: Letter): Promise<void>;
  /** Settles when the broker has it, who passes it on to who listens. */
  pass(letter: Letter): Promise<void>;
}

export interface OutboxParts {
  readonly post: Post;
  /** Before a letter is sent again. */
  readonly pause: () => Promise<void>;
  /** All has left, after it had not. */
  readonly onClear: () => void;
}

interface Waiting {
  readonly letter: Letter;
  readonly isKept: boolean;
}

/**
 * What one side has to say, one letter after the other: the next leaves when the broker has the one before, and each is
 * sent until it does. So they are in order whatever becomes of the connection; one that comes twice is known by its number.
 */
export class Outbox {
  readonly #parts: OutboxParts;
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #said = 0;
  #lastKept = 0;
  #kept = 0;
  #isOpen = false;
  #isAtWork = false;
  #isOver = false;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  get isClear(): boolean {
    return this.#waiting.length === 0;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Number of the last letter that the broker keeps. */
  get kept(): number {
    return this.#kept;
  }

  /** The largest of those that wait. */
  get largestBytes(): number {
    return this.#waiting.reduce((most, { letter }) => Math.max(most, letter.bytes.length), 0);
  }

  add(kind: LetterKind, bytes: Uint8Array, isKept: boolean): void {
    if (this.#isOver) return;
    this.#said += 1;
    this.#waiting.push({ letter: { kind, number: this.#said, after: this.#lastKept, bytes }, isKept });
    if (isKept) this.#lastKept = this.#said;
    this.#waitingBytes += bytes.length;
    void this.#work();
  }

  /** What waits may leave from here on. */
  open(): void {
    this.#isOpen = true;
    void this.#work();
  }

  /** Nothing leaves any more. */
  stop(): void {
    this.#isOver = true;
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
  }

  async #work(): Promise<void> {
    if (!this.#isOpen || this.#isAtWork) return;
    this.#isAtWork = true;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const hasLeft = await this.#send(next);
      if (this.#isOver) return;
      if (!hasLeft) {
        await this.#parts.pause();
        continue;
      }
      this.#waiting.shift();
      this.#waitingBytes -= next.letter.bytes.length;
      if (next.isKept) this.#kept = next.letter.number;
    }
    this.#isAtWork = false;
    if (!this.#isOver) this.#parts.onClear();
  }

  async #send({ letter, isKept }: Waiting): Promise<boolean> {
    try {
      await (isKept ? this.#parts.post.keep(letter) : this.#parts.post.pass(letter));
      return true;
    } catch {
      return false;
    }
  }
}
