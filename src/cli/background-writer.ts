import { write } from "node:fs";
import { errnoOf } from "../report/index.ts";

/** Text that waits for a reader beyond which further text is dropped. */
const mostBytes = 16 * 2 ** 20;

/** Least time between two writes: each wakes a thread, which beside a thousand lines a second costs more than they do. */
const leastGapMs = 10;

/** Pause between attempts when a pipe that somebody made non-blocking is full. */
const fullPipeMs = 5;

/**
 * Writes text to a descriptor without ever waiting for whoever reads it: what has deadlines to meet must not stand still because
 * a pipe is full. A reader that has gone away ends the writing.
 */
export class BackgroundWriter {
  readonly #fd: 1 | 2;
  readonly #onGone: () => void;
  #queue: string[] = [];
  #queuedBytes = 0;
  #dropped = 0;
  #isOver = false;
  #isClosing = false;
  #endRest: () => void = () => {};
  #idle: Promise<void> | null = null;

  /** @param onGone called once when nobody reads any more, or the descriptor takes no more */
  constructor(fd: 1 | 2, onGone: () => void) {
    this.#fd = fd;
    this.#onGone = onGone;
  }

  /** Texts that were dropped because the reader is too slow. */
  get dropped(): number {
    return this.#dropped;
  }

  add(text: string): void {
    if (this.#isOver) return;
    if (this.#queuedBytes >= mostBytes) {
      this.#dropped += 1;
      return;
    }
    this.#queue.push(text);
    this.#queuedBytes += text.length;
    this.#idle ??= this.#work();
  }

  /** Waits until everything is written, or for so long at most. */
  async close(limitMs: number): Promise<void> {
    this.#isClosing = true;
    this.#endRest();
    let timer: NodeJS.Timeout | null = null;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limitMs);
    });
    await Promise.race([this.#idle ?? Promise.resolve(), limit]);
    if (timer !== null) clearTimeout(timer);
    this.#isOver = true;
  }

  async #work(): Promise<void> {
    // What is added in the same turn is written at once, what follows soon a little later.
    await Promise.resolve();
    while (this.#queue.length > 0 && !this.#isOver) {
      const bytes = Buffer.from(this.#queue.join(""), "utf8");
      this.#queue = [];
      this.#queuedBytes = 0;
      for (let at = 0; at < bytes.length && !this.#isOver; ) at += await this.#write(bytes, at);
      await this.#rest();
    }
    this.#idle = null;
  }

  /** Until the next write may begin; the last is not waited for. */
  #rest(): Promise<void> {
    return new Promise((resolve) => {
      this.#endRest = resolve;
      if (this.#isClosing) resolve();
      else setTimeout(resolve, leastGapMs);
    });
  }

  #write(bytes: Buffer, at: number): Promise<number> {
    return new Promise((resolve) => {
      write(this.#fd, bytes, at, (error, count) => {
        if (error === null) return resolve(count);
        if (errnoOf(error) === "EAGAIN") return void setTimeout(() => resolve(0), fullPipeMs);
        if (!this.#isOver) this.#onGone();
        this.#isOver = true;
        return resolve(0);
      });
    });
  }
}
