import type { JobEvent } from "../report/index.ts";

/** Clock of a job: wall time for people, monotonic time for durations. */
export interface Clock {
  /** Wall clock, RFC 3339 with milliseconds. */
  readonly wall: () => string;
  /** CLOCK_MONOTONIC in nanoseconds. */
  readonly monotonicNs: () => bigint;
}

const digits = (value: number, count: number): string => String(value).padStart(count, "0");

/** RFC 3339 in UTC. Not `toISOString()`: that asks for the local time zone first, 0.2 ms of a cold start. */
export function formatWallTime(time: Date): string {
  const date = [time.getUTCFullYear(), digits(time.getUTCMonth() + 1, 2), digits(time.getUTCDate(), 2)];
  const clock = [time.getUTCHours(), time.getUTCMinutes(), time.getUTCSeconds()].map((value) => digits(value, 2));
  return `${date.join("-")}T${clock.join(":")}.${digits(time.getUTCMilliseconds(), 3)}Z`;
}

export const systemClock: Clock = {
  wall: () => formatWallTime(new Date()),
  monotonicNs: () => process.hrtime.bigint(),
};

/** Seconds to the microsecond. */
const secondsBetween = (from: bigint, to: bigint): number => Math.round(Number(to - from) / 1000) / 1e6;

/** Collects the events of one job in order. */
export class JobLog {
  readonly events: JobEvent[] = [];
  readonly #clock: Clock;
  readonly #startedNs: bigint;
  readonly #onEvent: (event: JobEvent) => void;
  #execSec = 0;

  constructor(clock: Clock, startedNs: bigint, onEvent: (event: JobEvent) => void = () => {}) {
    this.#clock = clock;
    this.#startedNs = startedNs;
    this.#onEvent = onEvent;
  }

  /** Seconds since the job began, to the microsecond. */
  elapsedSec(atNs: bigint = this.#clock.monotonicNs()): number {
    return secondsBetween(this.#startedNs, atNs);
  }

  /** Notes that the workload is about to execute, or when it did: durations and deadlines count from there. Answers the clock. */
  markExec(atNs: bigint = this.#clock.monotonicNs()): bigint {
    this.#execSec = secondsBetween(this.#startedNs, atNs);
    return atNs;
  }

  /** Seconds since the exec. */
  sinceExecSec(atNs?: bigint): number {
    return Math.round((this.elapsedSec(atNs) - this.#execSec) * 1e6) / 1e6;
  }

  add(state: JobEvent["state"], message: string): void {
    const event = { state, time: this.#clock.wall(), at_sec: this.elapsedSec(), message };
    this.events.push(event);
    this.#onEvent(event);
  }
}
