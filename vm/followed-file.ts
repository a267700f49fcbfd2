import { closeSync, type FSWatcher, openSync, readSync, watch } from "node:fs";

const chunkBytes = 64 * 1024;

/** Period of the fallback for hosts that have no inotify instances left. */
const pollMs = 100;

/** Reads a file while another process appends to it, woken by inotify. */
export class FollowedFile implements Disposable {
  readonly #fd: number;
  readonly #onChunk: (chunk: Buffer) => void;
  readonly #stop: () => void;

  /** @param path an existing file; its present contents are delivered too */
  constructor(path: string, onChunk: (chunk: Buffer) => void) {
    this.#fd = openSync(path, "r");
    this.#onChunk = onChunk;
    this.#stop = this.#wake(path);
  }

  /** Delivers what has been appended since the last time; called once more after the writer has ended. */
  drain(): void {
    for (;;) {
      const buffer = Buffer.allocUnsafe(chunkBytes);
      const length = readSync(this.#fd, buffer, 0, chunkBytes, null);
      if (length === 0) return;
      this.#onChunk(buffer.subarray(0, length));
    }
  }

  [Symbol.dispose](): void {
    this.#stop();
    closeSync(this.#fd);
  }

  #wake(path: string): () => void {
    const poll = (): (() => void) => {
      const timer = setInterval(() => this.drain(), pollMs);
      return () => clearInterval(timer);
    };
    let watcher: FSWatcher;
    try {
      watcher = watch(path, () => this.drain());
    } catch {
      return poll();
    }
    let stop = (): void => watcher.close();
    watcher.on("error", () => {
      watcher.close();
      stop = poll();
    });
    return () => stop();
  }
}
