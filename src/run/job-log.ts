import type { JobEvent } from "../report/index.ts";

/** Clock of a job: wall time for people, monotonic time for durations. */
export interface Clock {
  /** Wall clock, RFC 3339 with milliseconds. */
  readonly wall: () => string;
  /** CLOCK_MONOTONIC in nanoseconds. */
  readonly monotonicNs: () => bigint;
}

export const systemClock: Clock = {
  wall: () => new Date().toISOString(),
  monotonicNs: () => process.hrtime.bigint(),
};

/** Collects the events of one job in order. */
export class JobLog {
  readonly events: JobEvent[] = [];
  readonly #clock: Clock;
  readonly #startedNs: bigint;
  #execSec = 0;

  constructor(clock: Clock, startedNs: bigint) {
    this.#clock = clock;
    this.#startedNs = startedNs;
  }

  /** Seconds since the job began, to the microsecond. */
  elapsedSec(): number {
    return Math.round(Number(this.#clock.monotonicNs() - this.#startedNs) / 1000) / 1e6;
  }

  /** Notes that the workload is about to execute: durations and deadlines count from here. */
  markExec(): void {
    this.#execSec = this.elapsedSec();
  }

  /** Seconds since the exec. */
  sinceExecSec(): number {
    return Math.round((this.elapsedSec() - this.#execSec) * 1e6) / 1e6;
  }

  add(state: JobEvent["state"], message: string): void {
    this.events.push({ state, time: this.#clock.wall(), at_sec: this.elapsedSec(), message });
  }
}
