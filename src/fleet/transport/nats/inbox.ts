import type { Letter } from "./letter.ts";

export interface InboxParts {
  /** Takes letters in their order, none twice. */
  readonly deliver: (letter: Letter) => void;
  /** All that the broker keeps of this direction, in order. */
  readonly fetch: () => Promise<readonly Letter[]>;
  /** Before the broker is asked again. */
  readonly pause: () => Promise<void>;
}

/**
 * What one side hears, in the order in which it was said. Every letter names the last one before it that the broker keeps;
 * who lacks that one has been away, and gets it from the broker before anything else is heard.
 */
export class Inbox {
  readonly #parts: InboxParts;
  readonly #waiting: Letter[] = [];
  #heard = 0;
  #fetching: Promise<void> | null = null;
  /** Somebody asked for all, and not only for what is lacking. */
  #wantsAll = false;
  #isOver = false;

  constructor(parts: InboxParts) {
    this.#parts = parts;
  }

  take(letter: Letter): void {
    if (this.#isOver) return;
    this.#waiting.push(letter);
    if (this.#fetching === null) this.#read();
  }

  /** Gets all that the broker keeps and did not arrive; settles when it was heard, or could not be got. Never rejects. */
  fetch(): Promise<void> {
    this.#wantsAll = true;
    return this.#fetchMore();
  }

  /** Nothing is heard any more. */
  stop(): void {
    this.#isOver = true;
    this.#waiting.length = 0;
  }

  #read(): void {
    for (let next = this.#waiting[0]; next !== undefined && !this.#isOver; next = this.#waiting[0]) {
      if (this.#lacks(next)) return void this.#fetchMore();
      this.#waiting.shift();
      this.#hear(next);
    }
    return undefined;
  }

  /** Whether something that was said before it, and is kept, has not been heard. */
  #lacks({ after }: Letter): boolean {
    return after > this.#heard;
  }

  #fetchMore(): Promise<void> {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = null;
      this.#read();
    });
    return this.#fetching;
  }

  async #fetch(): Promise<void> {
    // The broker may be away as well: then it is asked again.
    const kept = await this.#parts.fetch().catch(() => []);
    if (this.#isOver) return;
    this.#insert(kept);
    const [next] = this.#waiting;
    if (next !== undefined && this.#lacks(next)) await this.#parts.pause();
  }

  /** Among those that wait, by their numbers: what is lacking, and no more unless all is wanted, lest it overtakes others. */
  #insert(kept: readonly Letter[]): void {
    const [next] = this.#waiting;
    const last = this.#wantsAll || next === undefined ? Number.POSITIVE_INFINITY : next.after;
    this.#wantsAll = false;
    const counted = [
      ...kept.filter(({ number }) => number <= last),
      ...this.#waiting.filter(({ number }) => number > 0),
    ];
    const others = this.#waiting.filter(({ number }) => number === 0);
    this.#waiting.splice(0, this.#waiting.length, ...counted.toSorted((a, b) => a.number - b.number), ...others);
  }

  #hear(letter: Letter): void {
    if (letter.number > 0) {
      if (letter.number <= this.#heard) return;
      this.#heard = letter.number;
    }
    this.#parts.deliver(letter);
  }
}
