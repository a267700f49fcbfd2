import type { Condition, ProcessEvent } from "../rules/index.ts";
import type { Probe, ProbeHost } from "./probe.ts";
import { PlainProbe } from "./probe.ts";
import { OneTimer } from "./timers.ts";

type Kind<K extends Condition["kind"]> = Extract<Condition, { readonly kind: K }>;

/** Holds from some time after an event on. */
export class SinceProbe extends PlainProbe {
  readonly #spec: Kind<"since">;
  readonly #host: ProbeHost;
  readonly #timer: OneTimer;
  #holds = false;
  #pendingNs: bigint | null = null;
  #missedNs: bigint | null = null;

  constructor(spec: Kind<"since">, host: ProbeHost) {
    super();
    this.#spec = spec;
    this.#host = host;
    this.#timer = new OneTimer(host.timers);
  }

  override holds(): boolean {
    return this.#holds;
  }

  override open(): void {
    const atNs = this.#host.eventNs(this.#spec.event);
    if (atNs === null) return;
    const deadlineNs = atNs + this.#spec.afterNs;
    if (this.#host.missesPast(this.#spec.event) && deadlineNs < this.#host.nowNs()) this.#missedNs = deadlineNs;
    else this.#arm(deadlineNs, this.#host.notBeforeNs);
  }

  override onEvent(event: ProcessEvent, atNs: bigint): void {
    if (event === this.#spec.event) this.#arm(atNs + this.#spec.afterNs);
  }

  override pendingNs(): bigint | null {
    return this.#pendingNs;
  }

  override missedNs(): bigint | null {
    return this.#missedNs;
  }

  override close(): void {
    this.#timer.clear();
    this.#pendingNs = null;
  }

  /** The deadline stays what it is when it is met later. */
  #arm(deadlineNs: bigint, notBeforeNs: bigint | null = null): void {
    this.#holds = false;
    this.#pendingNs = deadlineNs;
    this.#timer.set(laterOf(deadlineNs, notBeforeNs), () => {
      this.#holds = true;
      this.#pendingNs = null;
      this.#host.changed(deadlineNs);
    });
  }
}

const laterOf = (ns: bigint, other: bigint | null): bigint => (other === null || ns > other ? ns : other);

const dayNs = 86_400_000_000_000n;
const minuteNs = 60_000_000_000n;

/** The next moment of a schedule after a time, both CLOCK_MONOTONIC. */
export type NextMoment = (afterNs: bigint) => bigint;

export const nextOfEvery =
  (ns: bigint): NextMoment =>
  (afterNs) =>
    afterNs + ns;

export const nextOfDaily =
  (minutes: readonly number[], wallOffsetNs: bigint): NextMoment =>
  (afterNs) => {
    const wallNs = afterNs + wallOffsetNs;
    const midnightNs = wallNs - (wallNs % dayNs);
    const moments = minutes.flatMap((minute) => {
      const todayNs = midnightNs + BigInt(minute) * minuteNs;
      return [todayNs, todayNs + dayNs];
    });
    const [first = midnightNs + 2n * dayNs] = moments.filter((ns) => ns > wallNs).toSorted((a, b) => Number(a - b));
    return first - wallOffsetNs;
  };

/** Holds for one moment, again and again. */
export class ScheduleProbe extends PlainProbe {
  readonly #next: NextMoment;
  readonly #host: ProbeHost;
  readonly #timer: OneTimer;
  #holds = false;

  constructor(next: NextMoment, host: ProbeHost) {
    super();
    this.#next = next;
    this.#host = host;
    this.#timer = new OneTimer(host.timers);
  }

  override holds(): boolean {
    return this.#holds;
  }

  override open(): void {
    this.#arm(this.#host.nowNs());
  }

  override close(): void {
    this.#timer.clear();
  }

  #arm(afterNs: bigint): void {
    this.#timer.set(this.#next(afterNs), (dueNs) => {
      // After a long pause the moments in between are over.
      const nowNs = this.#host.nowNs();
      this.#arm(this.#next(dueNs) > nowNs ? dueNs : nowNs);
      this.#holds = true;
      this.#host.changed(dueNs);
      this.#holds = false;
      this.#host.changed(null);
    });
  }
}

/** Holds once another condition has held for long enough. */
export class ForProbe implements Probe {
  readonly #forNs: bigint;
  readonly #inner: Probe;
  readonly #host: ProbeHost;
  readonly #timer: OneTimer;
  #sinceNs: bigint | null = null;

  constructor(forNs: bigint, inner: Probe, host: ProbeHost) {
    this.#forNs = forNs;
    this.#inner = inner;
    this.#host = host;
    this.#timer = new OneTimer(host.timers);
  }

  holds(): boolean {
    if (!this.#inner.holds()) {
      this.#timer.clear();
      this.#sinceNs = null;
      return false;
    }
    const nowNs = this.#host.nowNs();
    if (this.#sinceNs === null) {
      this.#sinceNs = nowNs;
      this.#timer.set(nowNs + this.#forNs, (dueNs) => this.#host.changed(dueNs));
    }
    return nowNs >= this.#sinceNs + this.#forNs;
  }

  open(): void {
    this.#inner.open();
  }

  onEvent(event: ProcessEvent, atNs: bigint): void {
    this.#inner.onEvent(event, atNs);
  }

  pendingNs(): bigint | null {
    return this.#inner.pendingNs();
  }

  missedNs(): bigint | null {
    return this.#inner.missedNs();
  }

  close(): void {
    this.#timer.clear();
    this.#inner.close();
  }
}
