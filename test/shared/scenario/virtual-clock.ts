import type { Clock } from "../../../src/scenario/clock/index.ts";

interface Timer {
  readonly atNs: bigint;
  readonly order: number;
  readonly fire: () => void;
}

/** Nothing in a test takes longer. */
const mostMs = 3_600_000;

/** Lets everything that is under way come to where it waits for time. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
}

/** A clock that stands still until everything waits for it, and then goes to the next moment that somebody waits for. */
export class VirtualClock implements Clock {
  #nowNs = 1_000_000_000n;
  #order = 0;
  readonly #timers = new Set<Timer>();

  readonly nowNs = (): bigint => this.#nowNs;
  readonly wall = (): string => new Date(Number(this.#nowNs / 1_000_000n)).toISOString();

  readonly sleep = (ms: number, cut: AbortSignal | null = null): Promise<void> =>
    new Promise((resolve) => {
      if (cut?.aborted === true) return resolve();
      const timer = this.#add(ms, () => {
        cut?.removeEventListener("abort", stop);
        resolve();
      });
      const stop = (): void => {
        this.#timers.delete(timer);
        resolve();
      };
      cut?.addEventListener("abort", stop, { once: true });
    });

  /** Does something later. */
  after(ms: number, fire: () => void): () => void {
    const timer = this.#add(ms, fire);
    return () => void this.#timers.delete(timer);
  }

  get nowMs(): number {
    return Number(this.#nowNs) / 1e6;
  }

  /** Time that passes while somebody works, in which nothing else happens. */
  spend(ms: number): void {
    this.#nowNs += BigInt(Math.round(ms * 1e6));
  }

  #add(ms: number, fire: () => void): Timer {
    this.#order += 1;
    const timer = { atNs: this.#nowNs + BigInt(Math.round(Math.max(0, ms) * 1e6)), order: this.#order, fire };
    this.#timers.add(timer);
    return timer;
  }

  /** Lets time pass until a promise settles. @throws when nobody waits for anything any more */
  async run<T>(promise: Promise<T>): Promise<T> {
    let over = false;
    const watch = async (): Promise<void> => {
      await Promise.allSettled([promise]);
      over = true;
    };
    void watch();
    for (const untilMs = this.nowMs + mostMs; ; ) {
      await settle();
      if (over) return promise;
      if (this.nowMs > untilMs) throw new Error("an hour has passed, and it is not over");
      const next = [...this.#timers].toSorted((a, b) => Number(a.atNs - b.atNs) || a.order - b.order)[0];
      if (next === undefined) throw new Error("nobody waits for time, and nothing happens");
      this.#timers.delete(next);
      if (next.atNs > this.#nowNs) this.#nowNs = next.atNs;
      next.fire();
    }
  }
}
