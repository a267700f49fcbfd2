import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { layout } from "./layout.ts";
import type { MemoryShape, WorkerSample, WorkTotals } from "./sample.ts";
import { readSamples, readShape, readTotals } from "./sample.ts";

/** The leader's descriptor of the memory of its first set. */
const memoryFd = 3;
const headerBytes = 64;

/** The memory of a set of workers, read and written by system calls: one for all counters. */
export class SharedMemory {
  readonly shape: MemoryShape;
  readonly #fd: number;
  readonly #front: Buffer;

  /**
   * @param set place of the set among those of the leader
   * @throws Error of open(2) when the leader is gone
   */
  constructor(leaderPid: number, set = 0) {
    this.#fd = openSync(`/proc/${leaderPid}/fd/${memoryFd + set}`, "r+");
    this.shape = readShape(this.#read(Buffer.alloc(headerBytes), 0));
    this.#front = Buffer.alloc(this.shape.recordsOffset);
  }

  #read(into: Buffer, at: number): Buffer {
    readSync(this.#fd, into, 0, into.length, at);
    return into;
  }

  samples(): WorkerSample[] {
    return readSamples(this.#read(this.#front, 0), this.shape);
  }

  totals(): WorkTotals {
    return readTotals(this.#read(this.#front, 0), this.shape);
  }

  /** All of a worker's record. */
  record(index: number): Buffer {
    return this.#read(Buffer.alloc(this.shape.recordBytes), this.shape.recordsOffset + index * this.shape.recordBytes);
  }

  setEpoch(epoch: number): void {
    const text = Buffer.alloc(4);
    text.writeUInt32LE(epoch);
    writeSync(this.#fd, text, 0, text.length, layout.header.epoch);
  }

  /** Empties every worker's set of CPUs in this place. */
  clearCpus(place: number): void {
    const none = Buffer.alloc(layout.cpus / 8);
    for (let index = 0; index < this.shape.workers; index += 1) {
      const record = this.shape.recordsOffset + index * this.shape.recordBytes;
      writeSync(this.#fd, none, 0, none.length, record + layout.record.cpus + place * none.length);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}
