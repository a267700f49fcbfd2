import { closeSync, constants, fchmodSync, fstatSync, fsyncSync, openSync, writeSync } from "node:fs";
import type { CorralError } from "../../report/index.ts";

const blockBytes = 64 * 1024;

/** What was told on command lines may be secret. */
const fileMode = 0o600;

/**
 * Writes lines to a file, which is replaced if it exists, and is its owner's alone (mode 0600) from then on; a block at a
 * time. Every call throws what `failed` makes of it when the file takes no more.
 */
export class LineWriter {
  readonly #failed: (cause: unknown) => CorralError;
  readonly #fd: number;
  #waiting = "";
  #isOpen = true;

  constructor(file: string, failed: (cause: unknown) => CorralError) {
    this.#failed = failed;
    const { O_WRONLY, O_CREAT, O_TRUNC } = constants;
    this.#fd = this.#attempt(() => openSync(file, O_WRONLY | O_CREAT | O_TRUNC, fileMode));
    // One that was there keeps its mode; a pipe or a device is not ours to change.
    if (fstatSync(this.#fd).isFile()) this.#attempt(() => fchmodSync(this.#fd, fileMode));
  }

  /** Adds a line; it is in the file after the next `flush` at the latest. */
  add(line: string): void {
    this.#waiting += `${line}\n`;
    if (this.#waiting.length >= blockBytes) this.flush();
  }

  flush(): void {
    if (this.#waiting === "") return;
    const bytes = Buffer.from(this.#waiting, "utf8");
    this.#waiting = "";
    for (let at = 0; at < bytes.length; ) at += this.#attempt(() => writeSync(this.#fd, bytes, at));
  }

  /** Writes what waits, durably where the file can, and closes it. */
  end(): void {
    this.flush();
    try {
      fsyncSync(this.#fd);
    } catch {
      // A pipe or a terminal cannot be synced; what it holds was written.
    }
    this.abandon();
  }

  /** Closes the file as it is. Idempotent. */
  abandon(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#fd);
  }

  #attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw this.#failed(cause);
    }
  }
}
