import type { WallNs } from "../model/index.ts";

/** The clocks of one side. */
export interface FleetClock {
  /** CLOCK_MONOTONIC, in milliseconds. */
  nowMs(): number;
  /** The wall clock. */
  wallNs(): WallNs;
  /** The moment of CLOCK_MONOTONIC, in nanoseconds, that is this moment of the wall clock, as both stand now. */
  monotonicOf(wallNs: WallNs): bigint;
  /** And back. */
  wallOf(monotonicNs: bigint): WallNs;
}

/** What the clock is asked of; another for tests. */
export interface ClockSource {
  /** CLOCK_MONOTONIC, in nanoseconds. */
  readonly monotonicNs: () => bigint;
  /** CLOCK_REALTIME, in whole milliseconds, which is all that Node tells. */
  readonly wallMs: () => number;
}

const nodeSource: ClockSource = { monotonicNs: () => process.hrtime.bigint(), wallMs: () => Date.now() };

const nsPerMs = 1_000_000n;
/** Beyond this the wall clock was set: the computed one lies within its millisecond otherwise. */
const toleranceNs = nsPerMs / 2n;

/**
 * The wall clock to some microseconds, from a clock of whole milliseconds: at the moment it goes on to the next one, both
 * clocks are known. Adjustments of its speed reach both (adjtimex(2)); only a step parts them, and is noticed.
 */
class SteadyClock implements FleetClock {
  readonly #source: ClockSource;
  readonly #aheadNs: bigint;
  #offsetNs: bigint;

  constructor(source: ClockSource, aheadMs: number) {
    this.#source = source;
    this.#aheadNs = BigInt(Math.round(aheadMs * 1e6));
    this.#offsetNs = this.#measure();
  }

  nowMs(): number {
    return Number(this.#source.monotonicNs()) / 1e6;
  }

  wallNs(): WallNs {
    // Looking at a clock that was set takes its time.
    const offsetNs = this.#offset();
    return this.#source.monotonicNs() + offsetNs;
  }

  monotonicOf(wallNs: WallNs): bigint {
    return wallNs - this.#offset();
  }

  wallOf(monotonicNs: bigint): WallNs {
    return monotonicNs + this.#offset();
  }

  /** Of the wall clock, as it is told, from the monotonic one. */
  #offset(): bigint {
    const { monotonicNs, wallMs } = this.#source;
    const startNs = BigInt(wallMs()) * nsPerMs;
    const computedNs = monotonicNs() + this.#offsetNs;
    const isOff = computedNs < startNs - toleranceNs || computedNs > BigInt(wallMs() + 1) * nsPerMs + toleranceNs;
    if (isOff) this.#offsetNs = this.#measure();
    return this.#offsetNs + this.#aheadNs;
  }

  /** Waits for the next millisecond of the wall clock; the narrowest of a few looks counts. */
  #measure(): bigint {
    const { monotonicNs, wallMs } = this.#source;
    let [offsetNs, narrowestNs]: [bigint, bigint] = [0n, -1n];
    for (let look = 0; look < 3; look += 1) {
      const from = wallMs();
      let [before, now, after] = [monotonicNs(), from, 0n];
      for (now = wallMs(), after = monotonicNs(); now === from; now = wallMs(), after = monotonicNs()) before = after;
      const widthNs = after - before;
      if (narrowestNs >= 0n && widthNs >= narrowestNs) continue;
      [offsetNs, narrowestNs] = [BigInt(now) * nsPerMs - (before + widthNs / 2n), widthNs];
    }
    return offsetNs;
  }
}

/**
 * The clocks of this machine.
 * @param aheadMs pretends that the wall clock is so far ahead of what it is, in both directions; for tests of clocks that disagree
 */
export const systemClock = (aheadMs = 0, source = nodeSource): FleetClock => new SteadyClock(source, aheadMs);
