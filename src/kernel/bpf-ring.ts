import type { RecordViews } from "./bpf-record.ts";
import { viewRecords } from "./bpf-record.ts";

// Of a record's header (kernel/bpf/ringbuf.c): its writer has not finished it, or has given it up.
const busy = 1 << 31;
const discarded = 1 << 30;
const headerBytes = 8;

/** The memory of a ring, as the addon maps it. */
export interface RingMemory {
  readonly consumer: ArrayBuffer;
  readonly producer: ArrayBuffer;
}

/** Decodes the record at an offset; null leaves it out. */
export type Decoder<R> = (views: RecordViews, from: number) => R | null;

/**
 * Reads a BPF ring buffer in place, by the protocol of the kernel's Documentation/bpf/ringbuf.rst. The views stay in here:
 * the data is read-only memory, to write to which would be the end of the process.
 */
export class RingReader<R> {
  readonly #decode: Decoder<R>;
  readonly #written: BigUint64Array;
  readonly #read: BigUint64Array;
  readonly #views: RecordViews;
  /** The same words, as Atomics and the sign bit want them. */
  readonly #headers: Int32Array;
  readonly #mask: number;
  #position: number;

  /** @param ringBytes a power of two; `producer` has a page more than twice as much */
  constructor(memory: RingMemory, ringBytes: number, decode: Decoder<R>) {
    const page = memory.producer.byteLength - 2 * ringBytes;
    this.#decode = decode;
    this.#written = new BigUint64Array(memory.producer, 0, 1);
    this.#read = new BigUint64Array(memory.consumer, 0, 1);
    this.#views = viewRecords(memory.producer, page);
    this.#headers = new Int32Array(memory.producer, page);
    this.#mask = ringBytes - 1;
    this.#position = Number(Atomics.load(this.#read, 0));
  }

  /** Bytes from the beginning of time to what was written last; exact below 2**53. */
  get writtenTo(): number {
    return Number(Atomics.load(this.#written, 0));
  }

  /** As `writtenTo`, of what was read last. */
  get readTo(): number {
    return this.#position;
  }

  /** Up to `most` records, oldest first; fewer when no more are finished. Frees their room. */
  read(most: number): R[] {
    const records: R[] = [];
    let position = this.#position;
    for (let written = this.writtenTo; records.length < most; ) {
      if (position >= written) {
        written = this.writtenTo;
        if (position >= written) break;
      }
      const offset = position & this.#mask;
      const header = Atomics.load(this.#headers, offset / 4);
      if ((header & busy) !== 0) break;
      if ((header & discarded) === 0) {
        const record = this.#decode(this.#views, offset + headerBytes);
        if (record !== null) records.push(record);
      }
      position += (headerBytes + (header & ~discarded) + 7) & ~7;
    }
    if (position !== this.#position) this.#free(position);
    return records;
  }

  #free(position: number): void {
    this.#position = position;
    Atomics.store(this.#read, 0, BigInt(position));
  }
}
