import type { WorkerStage } from "./layout.ts";
import { layout, readCount, workerStages } from "./layout.ts";

/** Counters of one worker at one moment. Each is of a moment of its own: they are read while it works. */
export interface WorkerSample {
  readonly index: number;
  readonly pid: number;
  readonly stage: WorkerStage;
  readonly hasEnded: boolean;
  /** When its process ended, CLOCK_MONOTONIC; null while it lives. */
  readonly endedNs: bigint | null;
  readonly iterations: number;
  readonly workUnits: number;
  /** Latencies recorded. */
  readonly samples: number;
  readonly migrations: number;
  /** CPU it was on at its last look. */
  readonly cpu: number;
  /** CPU time since the release, at most 100 ms of work old. */
  readonly cpuTimeNs: number;
  /** Time it was runnable and did not run, as old; 0 on kernels without schedstat. */
  readonly runDelayNs: number;
  /** Longest time between two looks, where it ended, and when, from the release on. */
  readonly maxGapNs: number;
  readonly maxGapCpu: number;
  readonly maxGapAtNs: number;
}

/** What the header says of the memory. */
export interface MemoryShape {
  readonly workers: number;
  readonly countersOffset: number;
  readonly countersBytes: number;
  readonly recordsOffset: number;
  readonly recordBytes: number;
}

export function readShape(header: Buffer): MemoryShape {
  const read = (at: number): number => header.readUInt32LE(at);
  const { header: places } = layout;
  return {
    workers: read(places.workers),
    countersOffset: read(places.counters_offset),
    countersBytes: read(places.counters_bytes),
    recordsOffset: read(places.records_offset),
    recordBytes: read(places.record_bytes),
  };
}

/** Of the begin of the memory: header and counters. */
export function readSamples(memory: Buffer, shape: MemoryShape): WorkerSample[] {
  return Array.from({ length: shape.workers }, (_, index) =>
    readSample(memory, shape.countersOffset + index * shape.countersBytes, index),
  );
}

/** What all workers of a set have done together. */
export type WorkTotals = Pick<WorkerSample, "iterations" | "workUnits">;

/** Of the same memory: their sums alone, which is all that is wanted ten times a second. */
export function readTotals(memory: Buffer, { workers, countersOffset, countersBytes }: MemoryShape): WorkTotals {
  const { counters } = layout;
  const totals = { iterations: 0, workUnits: 0 };
  for (let index = 0; index < workers; index += 1) {
    const at = countersOffset + index * countersBytes;
    totals.iterations += readCount(memory, at + counters.iterations);
    totals.workUnits += readCount(memory, at + counters.work_units);
  }
  return totals;
}

/** The leader writes the time first. */
function readEnd(memory: Buffer, at: number): bigint | null {
  const { ended, ended_ns } = layout.counters;
  return memory.readUInt32LE(at + ended) === 0 ? null : memory.readBigUInt64LE(at + ended_ns);
}

function readSample(memory: Buffer, at: number, index: number): WorkerSample {
  const { counters } = layout;
  return {
    index,
    pid: memory.readInt32LE(at + counters.pid),
    stage: workerStages[memory.readUInt32LE(at + counters.stage)] ?? "starting",
    hasEnded: memory.readUInt32LE(at + counters.ended) !== 0,
    endedNs: readEnd(memory, at),
    iterations: readCount(memory, at + counters.iterations),
    workUnits: readCount(memory, at + counters.work_units),
    samples: readCount(memory, at + counters.samples),
    migrations: readCount(memory, at + counters.migrations),
    cpu: memory.readUInt32LE(at + counters.cpu),
    cpuTimeNs: readCount(memory, at + counters.cpu_ns),
    runDelayNs: readCount(memory, at + counters.run_delay_ns),
    maxGapNs: readCount(memory, at + counters.max_gap_ns),
    maxGapCpu: memory.readUInt32LE(at + counters.max_gap_cpu),
    maxGapAtNs: readCount(memory, at + counters.max_gap_at_ns),
  };
}
