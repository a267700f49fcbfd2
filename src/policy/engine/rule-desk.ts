import type { Rule } from "../rules/index.ts";
import type { Timers } from "./timers.ts";
import { OneTimer } from "./timers.ts";

/** Something that waits for its turn. */
export interface Waiting {
  /** Its turn has come. */
  start(): void;
  /** It is held back for good. @param why one clause */
  suppress(why: string): void;
}

interface Place {
  readonly one: Waiting;
  readonly timer: OneTimer;
}

/**
 * Holds a rule back: at most so many actions at a time and in a time, first come first served, and none for a while after
 * too many failures.
 */
export class RuleDesk {
  readonly #limits: Rule["limits"];
  readonly #timers: Timers;
  readonly #nowNs: () => bigint;
  readonly #places = new Map<Waiting, Place>();
  readonly #tokenTimer: OneTimer;
  #inFlight = 0;
  #tokens: number;
  #filledNs: bigint;
  #failuresInRow = 0;
  #closedUntilNs: bigint | null = null;
  #mostInFlight = 0;

  constructor({ limits }: Rule, timers: Timers, nowNs: () => bigint) {
    this.#limits = limits;
    this.#timers = timers;
    this.#nowNs = nowNs;
    this.#tokenTimer = new OneTimer(timers);
    this.#tokens = limits.rate?.burst ?? 0;
    this.#filledNs = nowNs();
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return this.#places.size;
  }

  /** Most that were ever under way at a time. */
  get mostInFlight(): number {
    return this.#mostInFlight;
  }

  /** Starts it now, or at its turn, or never. */
  submit(one: Waiting): void {
    if (this.#isBroken()) return one.suppress(this.#brokenText());
    const timer = new OneTimer(this.#timers);
    this.#places.set(one, { one, timer });
    this.#serve();
    if (!this.#places.has(one)) return;
    const give = (): void => {
      this.#places.delete(one);
      one.suppress(this.#heldText());
    };
    if (this.#limits.maxWaitNs === 0n) give();
    else timer.set(this.#nowNs() + this.#limits.maxWaitNs, give);
  }

  /** It does not want its turn any more. */
  withdraw(one: Waiting): void {
    this.#places.get(one)?.timer.clear();
    this.#places.delete(one);
  }

  /** What was started has ended. @param failed null: it says nothing of how the next would fare */
  finish(failed: boolean | null): void {
    this.#inFlight -= 1;
    if (failed !== null) this.#count(failed);
    this.#serve();
  }

  #count(failed: boolean): void {
    const { breaker } = this.#limits;
    if (!failed) {
      this.#failuresInRow = 0;
      this.#closedUntilNs = null;
      return;
    }
    this.#failuresInRow += 1;
    if (breaker === null || this.#failuresInRow < breaker.failures) return;
    this.#closedUntilNs = this.#nowNs() + breaker.pauseNs;
    for (const { one } of [...this.#places.values()]) {
      this.withdraw(one);
      one.suppress(this.#brokenText());
    }
  }

  /** After the pause one is let through; what comes of it decides. */
  #isBroken(): boolean {
    if (this.#closedUntilNs === null) return false;
    return this.#nowNs() < this.#closedUntilNs || this.#inFlight > 0 || this.#places.size > 0;
  }

  #brokenText(): string {
    return `circuit breaker: ${this.#failuresInRow} failures in a row`;
  }

  #heldText(): string {
    const { inFlight, rate } = this.#limits;
    return this.#inFlight >= inFlight || rate === null
      ? `in-flight cap: ${inFlight} under way`
      : `rate: ${rate.count} in ${Number(rate.perNs) / 1e9} s`;
  }

  #serve(): void {
    for (const { one } of this.#places.values()) {
      if (this.#inFlight >= this.#limits.inFlight) return;
      if (!this.#takeToken()) return;
      this.withdraw(one);
      this.#inFlight += 1;
      this.#mostInFlight = Math.max(this.#mostInFlight, this.#inFlight);
      one.start();
    }
  }

  #takeToken(): boolean {
    const { rate } = this.#limits;
    if (rate === null) return true;
    const nowNs = this.#nowNs();
    const nsPerToken = Number(rate.perNs) / rate.count;
    this.#tokens = Math.min(rate.burst, this.#tokens + Number(nowNs - this.#filledNs) / nsPerToken);
    this.#filledNs = nowNs;
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return true;
    }
    const waitNs = BigInt(Math.ceil((1 - this.#tokens) * nsPerToken));
    if (!this.#tokenTimer.isSet) this.#tokenTimer.set(nowNs + waitNs, () => this.#serve());
    return false;
  }
}
