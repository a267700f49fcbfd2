import { write } from "node:fs";

/** Lines that may wait for a reader of stderr who is slow; more are dropped and counted. */
const maxWaiting = 10_000;

/** A log of JSON lines on stderr, which never keeps its writer waiting: who reads it may stand still. */
export class JsonLog {
  readonly #waiting: string[] = [];
  #dropped = 0;
  #writing: Promise<void> | null = null;

  add(fields: Readonly<Record<string, unknown>>): void {
    if (this.#waiting.length >= maxWaiting) {
      this.#dropped += 1;
      return;
    }
    const lost = this.#dropped === 0 ? {} : { dropped_before: this.#dropped };
    this.#dropped = 0;
    this.#waiting.push(`${JSON.stringify({ time: new Date().toISOString(), ...fields, ...lost })}\n`);
    this.#writing ??= this.#drain();
  }

  /** Settles when all is written, or somebody has kept us waiting. */
  async end(limitMs = 1000): Promise<void> {
    const limit = new Promise<void>((resolve) => {
      setTimeout(resolve, limitMs).unref();
    });
    await Promise.race([this.#writing, limit]);
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const text = this.#waiting.splice(0).join("");
      await writeAll(Buffer.from(text));
    }
    this.#writing = null;
  }
}

/** In libuv's pool; a reader that has gone does not matter. */
async function writeAll(bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const written = await new Promise<number>((resolve) => {
      write(2, bytes, at, (error, count) => resolve(error === null ? count : -1));
    });
    if (written < 0) return;
    at += written;
  }
}
