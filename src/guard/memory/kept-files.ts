import { closeSync, openSync, readSync } from "node:fs";
import { tryReadControl } from "../../cgroup/index.ts";

/** memory.stat and /proc/meminfo have some 2 KB. */
const bufferBytes = 16 * 1024;

interface Kept {
  readonly fd: number;
  used: boolean;
}

/** Reads a control file whole; null when it is absent or unreadable. */
export type ReadFile = (path: string) => string | null;

/**
 * Reads the same control files again and again: kept open, each costs one system call in place of five, which is most of what a look
 * costs.
 */
export class KeptFiles {
  readonly #kept = new Map<string, Kept>();
  readonly #buffer = Buffer.allocUnsafe(bufferBytes);

  /** A group that was made anew under its name is another one: the file of the old one cannot be read any more. */
  readonly read: ReadFile = (path) => {
    const kept = this.#kept.get(path);
    const text = kept === undefined ? null : this.#readFrom(path, kept);
    if (text !== null) return text;
    const opened = this.#open(path);
    return opened === null ? null : this.#readFrom(path, opened);
  };

  #open(path: string): Kept | null {
    try {
      const opened = { fd: openSync(path, "r"), used: true };
      this.#kept.set(path, opened);
      return opened;
    } catch {
      return null;
    }
  }

  #readFrom(path: string, kept: Kept): string | null {
    kept.used = true;
    try {
      const length = readSync(kept.fd, this.#buffer, 0, bufferBytes, 0);
      return length < bufferBytes ? this.#buffer.toString("utf8", 0, length) : tryReadControl(path);
    } catch {
      this.#drop(path, kept);
      return null;
    }
  }

  #drop(path: string, { fd }: Kept): void {
    this.#kept.delete(path);
    closeSync(fd);
  }

  /** Closes what was not read since the last time. */
  sweep(): void {
    for (const [path, kept] of [...this.#kept]) {
      if (!kept.used) this.#drop(path, kept);
      kept.used = false;
    }
  }

  close(): void {
    for (const [path, kept] of [...this.#kept]) this.#drop(path, kept);
  }
}
