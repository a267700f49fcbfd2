import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { CorralError, errnoOf, quote } from "../../report/index.ts";
import type { FeedItem, FeedOrigin } from "../feed-item.ts";
import { decodeFeedItem } from "./decode-item.ts";
import type { RecordingEnd } from "./recording-frame.ts";
import { decodeEnd, decodeHeader } from "./recording-frame.ts";

/** A recording that is being read. */
export interface RecordedFeed {
  readonly origin: FeedOrigin;
  /**
   * The items in order, once. After the last whole one it throws CorralError RECORDING when the recording was cut off or is
   * damaged. Leaving the loop closes the file.
   */
  readonly items: AsyncIterable<FeedItem>;
  /** CLOCK_MONOTONIC at the end of the recording; null before `items` has ended. */
  endNs(): bigint | null;
  /** Closes the file of a recording that is not read to its end. Idempotent. */
  close(): Promise<void>;
}

const blockBytes = 256 * 1024;

/** No item is nearly as long: this is another file. */
const longestLine = 4 * 2 ** 20;

/** The lines of a file; the last one only if it has its end. */
async function* linesOf(handle: FileHandle): AsyncGenerator<string, void> {
  const block = Buffer.alloc(blockBytes);
  let parts: Buffer[] = [];
  let length = 0;
  for (;;) {
    const { bytesRead } = await handle.read(block, 0, blockBytes, null);
    if (bytesRead === 0) return;
    let at = 0;
    for (let end = block.indexOf(10, at); end !== -1 && end < bytesRead; end = block.indexOf(10, at)) {
      yield Buffer.concat([...parts, block.subarray(at, end)]).toString("utf8");
      parts = [];
      length = 0;
      at = end + 1;
    }
    length += bytesRead - at;
    if (length > longestLine) throw new RangeError(`is longer than ${longestLine} bytes`);
    parts.push(Buffer.from(block.subarray(at, bytesRead)));
  }
}

/** Reads line by line and turns everything that goes wrong into one error that names file and line. */
class RecordingReader {
  readonly #file: string;
  readonly #handle: FileHandle;
  readonly #lines: AsyncGenerator<string, void>;
  #line = 0;
  endNs: bigint | null = null;

  constructor(file: string, handle: FileHandle) {
    this.#file = file;
    this.#handle = handle;
    this.#lines = linesOf(handle);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async origin(): Promise<FeedOrigin> {
    const header = await this.#next();
    if (header === null) throw problem(this.#file, "is empty, or was cut off in its first line");
    return this.#judge(() => decodeHeader(header));
  }

  async *items(origin: FeedOrigin): AsyncGenerator<FeedItem, void> {
    try {
      for (let count = 0; ; count += 1) {
        const line = await this.#next();
        if (line === null) throw problem(this.#file, `was cut off: ${count} whole items, and no end`);
        const end = this.#judge(() => decodeEnd(line));
        if (end !== null) return this.#finish(end, count);
        yield this.#judge(() => decodeFeedItem(line, origin));
      }
    } finally {
      await this.close();
    }
  }

  #finish({ items, timestampNs }: RecordingEnd, count: number): void {
    if (items !== count) throw problem(this.#file, `is damaged: it has ${count} items of ${items}`);
    this.endNs = timestampNs;
  }

  async #next(): Promise<string | null> {
    this.#line += 1;
    try {
      const { done, value } = await this.#lines.next();
      return done === true ? null : value;
    } catch (cause) {
      throw this.#explain(cause);
    }
  }

  #judge<T>(decode: () => T): T {
    try {
      return decode();
    } catch (cause) {
      throw this.#explain(cause);
    }
  }

  #explain(cause: unknown): CorralError {
    const errno = errnoOf(cause);
    if (errno !== null) return problem(this.#file, `cannot be read: ${errno}`, cause);
    const what = cause instanceof Error ? cause.message : String(cause);
    return problem(this.#file, `is damaged: line ${this.#line} ${what}`, cause);
  }
}

const problem = (file: string, what: string, cause: unknown = null): CorralError =>
  new CorralError("RECORDING", `the recording ${quote(file)} ${what}`, { object: file, cause });

/**
 * Opens a recording that `openEventRecording` wrote.
 * @throws CorralError RECORDING when it cannot be read or is none
 */
export async function readEventRecording(file: string): Promise<RecordedFeed> {
  let handle: FileHandle;
  try {
    handle = await open(file, "r");
  } catch (cause) {
    throw problem(file, `cannot be read: ${errnoOf(cause) ?? "error"}`, cause);
  }
  const reader = new RecordingReader(file, handle);
  try {
    const origin = await reader.origin();
    return { origin, items: reader.items(origin), endNs: () => reader.endNs, close: () => reader.close() };
  } catch (thrown) {
    await reader.close();
    throw thrown;
  }
}
