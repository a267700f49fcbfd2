/** What the outbox writes to: a socket, of which it wants to know no more. */
export interface Sink {
  readonly writableNeedDrain: boolean;
  write(bytes: Uint8Array): unknown;
}

/** Frames that wait until the other side reads again: so many and no more, the oldest make room. */
export class Outbox {
  readonly #capacity: number;
  readonly #onDropped: () => void;
  #waiting: Uint8Array[] = [];
  #sink: Sink | null = null;

  constructor(capacity: number, onDropped: () => void) {
    this.#capacity = capacity;
    this.#onDropped = onDropped;
  }

  /** A new connection, or none: what waited was for the one before. */
  connect(sink: Sink | null): void {
    for (const _ of this.#waiting) this.#onDropped();
    this.#waiting = [];
    this.#sink = sink;
  }

  push(frame: Uint8Array): void {
    if (this.#sink === null) return this.#onDropped();
    this.#waiting.push(frame);
    if (this.#waiting.length > this.#capacity) {
      this.#waiting.shift();
      this.#onDropped();
    }
    this.flush();
  }

  /** To be called when the sink has drained. */
  flush(): void {
    while (this.#sink !== null && !this.#sink.writableNeedDrain) {
      const frame = this.#waiting.shift();
      if (frame === undefined) return;
      this.#sink.write(frame);
    }
  }
}
