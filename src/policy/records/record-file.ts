import { close, fdatasync, write, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { promisify } from "node:util";
import { moveAside } from "../../kernel/files/index.ts";
import type { CorralError } from "../../report/index.ts";
import { errnoOf } from "../../report/index.ts";
import type { AttemptRecord } from "./columns.ts";
import type { RecordFormat } from "./record-format.ts";
import { sidecarOf } from "./record-format.ts";
import type { RecordPlace } from "./record-place.ts";
import { openPlace, unwritable } from "./record-place.ts";
import type { PolicySummary, RecordFileFacts } from "./summary.ts";

const [writeAsync, syncAsync, closeAsync] = [promisify(write), promisify(fdatasync), promisify(close)];

/** Between two looks at a full pipe. */
const fullPipeMs = 20;

export interface RecordFileOptions {
  /** Bytes that wait to be written beyond which further records are dropped and counted. */
  readonly mostQueuedBytes: number;
  /** A file that has grown to this is ended and a new one begun; null: never. */
  readonly rotateBytes: number | null;
  /** How long `end` waits for a reader that does not read, milliseconds. */
  readonly patienceMs: number;
  /** Called once, when the file can take no more: whoever writes goes on without it. */
  readonly onError: (error: CorralError) => void;
  /** The summary so far, as the end of a file. */
  readonly summarize: (file: RecordFileFacts, droppedRecords: number) => PolicySummary;
}

/**
 * One file of records. `add` never waits and never throws; what it takes is written by as few calls as the disk allows, at
 * once where it is idle. Each file of a run ends with a summary; one without is cut.
 */
export class RecordFile {
  readonly #format: RecordFormat;
  readonly #options: RecordFileOptions;
  readonly #named: string;
  #place: RecordPlace;
  #queue: string[] = [];
  #queuedBytes = 0;
  #needsHead = true;
  #bytes = 0;
  #written = 0;
  #dropped = 0;
  #failed = false;
  #ending = false;
  #giveUp = false;
  #idle: Promise<void> | null = null;

  /** @throws CorralError RECORDS_FOREIGN, RECORDS_UNWRITABLE */
  constructor(named: string, format: RecordFormat, options: RecordFileOptions) {
    this.#named = named;
    this.#format = format;
    this.#options = options;
    this.#place = openPlace(named, format);
    this.#idle = this.#work();
  }

  get movedTo(): string | null {
    return this.#place.movedTo;
  }

  /** Records that will never be in the file. */
  get droppedRecords(): number {
    return this.#dropped;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Resolves when nothing waits to be written. */
  async drained(): Promise<void> {
    await this.#idle;
  }

  add(record: AttemptRecord): void {
    if (this.#failed || this.#ending || this.#queuedBytes >= this.#options.mostQueuedBytes) {
      this.#dropped += 1;
      return;
    }
    const line = this.#format.line(record);
    this.#queue.push(line);
    this.#queuedBytes += line.length;
    this.#idle ??= this.#work();
  }

  /** Writes until nothing is left; a failure is told once, and the rest is dropped. */
  async #work(): Promise<void> {
    try {
      while (this.#needsHead || this.#queue.length > 0) {
        await this.#writeBatch();
        const { rotateBytes } = this.#options;
        if (rotateBytes !== null && this.#bytes >= rotateBytes && this.#place.isFile) await this.#rotate();
      }
    } catch (thrown) {
      this.#fail(thrown);
    }
    this.#idle = null;
  }

  #fail(thrown: unknown): void {
    this.#dropped += this.#queue.length;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#failed = true;
    this.#options.onError(unwritable(this.#named, thrown));
  }

  async #writeBatch(): Promise<void> {
    // What came within one turn of the loop is one call.
    await new Promise((resolve) => setImmediate(resolve));
    const batch = this.#queue;
    const head = this.#needsHead ? this.#format.head : "";
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#needsHead = false;
    try {
      await this.#writeAll(head + batch.join(""));
      this.#written += batch.length;
    } catch (thrown) {
      this.#dropped += batch.length;
      throw thrown;
    }
  }

  async #writeAll(text: string): Promise<void> {
    const bytes = Buffer.from(text, "utf8");
    for (let at = 0; at < bytes.length; ) {
      try {
        const { bytesWritten } = await writeAsync(this.#place.fd, bytes, at, bytes.length - at, null);
        at += bytesWritten;
        this.#bytes += bytesWritten;
      } catch (thrown) {
        if (errnoOf(thrown) !== "EAGAIN" || this.#giveUp) throw thrown;
        await new Promise((resolve) => setTimeout(resolve, fullPipeMs));
      }
    }
  }

  /** Ends this file and begins the next one, to which the records that wait belong. */
  async #rotate(): Promise<void> {
    await this.#endFile(false);
    await closeAsync(this.#place.fd);
    moveAside(this.#place.path, sidecarOf);
    this.#place = { ...openPlace(this.#place.path, this.#format), movedTo: this.#place.movedTo };
    this.#bytes = 0;
    this.#written = 0;
    this.#needsHead = true;
  }

  async #endFile(last: boolean): Promise<void> {
    const { path, isFile, fd } = this.#place;
    const facts = { name: basename(path), records: this.#written, bytes: this.#bytes, last };
    const summary = this.#options.summarize(facts, this.#dropped);
    if (this.#format.lastLine !== null) await this.#writeAll(this.#format.lastLine(summary));
    if (!isFile) return;
    await syncAsync(fd);
    if (this.#format.lastLine === null)
      writeFileSync(sidecarOf(path), `${JSON.stringify(summary, null, 2)}\n`, { mode: 0o640 });
  }

  /** Writes what waits, then the end of the run. Never throws. */
  async end(): Promise<void> {
    this.#ending = true;
    const patience = setTimeout(() => {
      this.#giveUp = true;
    }, this.#options.patienceMs);
    try {
      await this.#idle;
      if (!this.#failed) await this.#endFile(true);
    } catch (thrown) {
      this.#fail(thrown);
    } finally {
      clearTimeout(patience);
      if (this.#place.isOpened) await closeAsync(this.#place.fd).catch(() => {});
    }
  }
}
