import type { Sample } from "../model/index.ts";
import type { Measured, ProcessEvent } from "../rules/index.ts";
import type { Timers } from "./timers.ts";

/** What a condition may ask of the process it watches. */
export interface ProbeHost {
  readonly timers: Timers;
  nowNs(): bigint;
  /** CLOCK_MONOTONIC of the last such event; null when there was none, or it is not known. */
  eventNs(event: ProcessEvent): bigint | null;
  /** A deadline after such an event that passed before the process was selected is missed: it is not made up for. */
  missesPast(event: ProcessEvent): boolean;
  /** No deadline is met before this; null: each at its time. */
  readonly notBeforeNs: bigint | null;
  /** Wall clock minus CLOCK_MONOTONIC. */
  readonly wallOffsetNs: bigint;
  /** @returns ends it */
  watch(measured: Measured, stall: Stall | null, onSample: (sample: Sample) => void): () => void;
  /** The condition may have changed. @param dueNs the deadline by which it did, null when by no deadline */
  changed(dueNs: bigint | null): void;
}

/** How much stall within how long a pressure trigger is set to. */
export interface Stall {
  readonly stallUs: number;
  readonly windowUs: number;
}

/** A condition at work on one process. */
export interface Probe {
  /** Whether it holds now. */
  holds(): boolean;
  /** Begins to watch; may call `changed`. */
  open(): void;
  /** Something happened to the process. */
  onEvent(event: ProcessEvent, atNs: bigint): void;
  /** The deadline that is awaited, null when there is none. */
  pendingNs(): bigint | null;
  /** The deadline that passed before the process was selected, null when there is none. */
  missedNs(): bigint | null;
  close(): void;
}

/** What most conditions have nothing to say to. */
export abstract class PlainProbe implements Probe {
  abstract holds(): boolean;
  open(): void {}
  onEvent(_event: ProcessEvent, _atNs: bigint): void {}
  pendingNs(): bigint | null {
    return null;
  }
  missedNs(): bigint | null {
    return null;
  }
  close(): void {}
}
