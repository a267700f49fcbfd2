import { readSync, writeSync } from "node:fs";
import type { WorkerStage } from "../workers/index.ts";
import { layout, readShape, workerStages } from "../workers/index.ts";

const headerBytes = 64;
const stopping = 2;

/** What the header says now. */
export interface Orders {
  readonly isStopping: boolean;
  /** As of native/load/memory.h: even, and CPUs are recorded; odd, and they are not. */
  readonly epoch: number;
}

/** One worker's part of the memory that it shares with who started it, by system calls: Node maps no files. */
export class OwnMemory {
  readonly workers: number;
  readonly #fd: number;
  readonly #header = Buffer.alloc(headerBytes);
  readonly #counters: number;
  readonly #record: number;

  constructor(fd: number, index: number) {
    this.#fd = fd;
    readSync(fd, this.#header, 0, headerBytes, 0);
    const shape = readShape(this.#header);
    this.workers = shape.workers;
    this.#counters = shape.countersOffset + index * shape.countersBytes;
    this.#record = shape.recordsOffset + index * shape.recordBytes;
  }

  orders(): Orders {
    readSync(this.#fd, this.#header, 0, headerBytes, 0);
    const { state, epoch } = layout.header;
    return { isStopping: this.#header.readUInt32LE(state) === stopping, epoch: this.#header.readUInt32LE(epoch) };
  }

  stage(stage: WorkerStage): void {
    const word = Buffer.alloc(4);
    word.writeUInt32LE(workerStages.indexOf(stage));
    this.writeCounters(word, layout.counters.stage);
  }

  /** @param at as `layout.counters` has it */
  writeCounters(bytes: Buffer, at: number): void {
    writeSync(this.#fd, bytes, 0, bytes.length, this.#counters + at);
  }

  /** @param at as `layout.record` has it */
  writeRecord(bytes: Buffer, at: number): void {
    writeSync(this.#fd, bytes, 0, bytes.length, this.#record + at);
  }

  /** It was on a CPU while this epoch was in force. Others empty the set: only what is missing is written. */
  addCpu(cpu: number, epoch: number): void {
    if (epoch % 2 === 1 || cpu >= layout.cpus) return;
    const set = layout.record.cpus + (((epoch / 2) % layout.epochs) * layout.cpus) / 8;
    const byte = Buffer.alloc(1);
    const at = set + Math.floor(cpu / 8);
    readSync(this.#fd, byte, 0, 1, this.#record + at);
    const bits = byte.readUInt8(0);
    const bit = 1 << (cpu % 8);
    if ((bits & bit) !== 0 || this.orders().epoch !== epoch) return;
    byte.writeUInt8(bits | bit, 0);
    this.writeRecord(byte, at);
  }
}

/** A number as the memory has it. */
export function wholeNumber(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(typeof value === "bigint" ? value : BigInt(Math.max(0, Math.round(value))));
  return bytes;
}
