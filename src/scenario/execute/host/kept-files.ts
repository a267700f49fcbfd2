import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { errnoOf } from "../../../report/index.ts";

/** More than any file has that is looked at; one that has more is read whole. */
const buffer = Buffer.allocUnsafe(16_384);

/** Few files that are read again and again: each stays open, and one that is not there is not looked for again. */
export class KeptFiles implements Disposable {
  /** Null: nothing can be read there. */
  readonly #fds = new Map<string, number | null>();

  /** What is in a file now; null when it is absent or unreadable, from then on. */
  readonly read = (path: string): string | null => {
    try {
      const fd = this.#open(path);
      if (fd === null) return null;
      const length = readSync(fd, buffer, 0, buffer.length, 0);
      return length === buffer.length ? readFileSync(path, "latin1") : buffer.toString("latin1", 0, length);
    } catch (thrown) {
      if (errnoOf(thrown) === null) throw thrown;
      this.#close(path);
      this.#fds.set(path, null);
      return null;
    }
  };

  /** What nobody wants to know of these is not read. */
  leaveOut(...paths: readonly string[]): void {
    for (const path of paths) this.#fds.set(path, null);
  }

  #open(path: string): number | null {
    const known = this.#fds.get(path);
    if (known !== undefined) return known;
    const fd = openSync(path, "r");
    this.#fds.set(path, fd);
    return fd;
  }

  #close(path: string): void {
    const fd = this.#fds.get(path);
    if (fd !== undefined && fd !== null) closeSync(fd);
  }

  [Symbol.dispose](): void {
    for (const path of this.#fds.keys()) this.#close(path);
    this.#fds.clear();
  }
}
