import type { Sample } from "../model/index.ts";
import type { Condition, Measured } from "../rules/index.ts";
import type { ProbeHost, Stall } from "./probe.ts";
import { PlainProbe } from "./probe.ts";

type Kind<K extends Condition["kind"]> = Extract<Condition, { readonly kind: K }>;

/** What a condition makes of the samples it is told. */
interface Judge {
  /** @returns whether the condition holds now */
  take(sample: Sample): boolean;
}

interface Want {
  readonly measured: Measured;
  readonly stall: Stall | null;
}

/** A condition on measures: watches them and lets a judge say what they mean. */
export class MeasureProbe extends PlainProbe {
  readonly #wants: readonly Want[];
  readonly #judge: Judge;
  readonly #host: ProbeHost;
  #ends: (() => void)[] = [];
  #holds = false;

  constructor(wants: readonly Want[], judge: Judge, host: ProbeHost) {
    super();
    this.#wants = wants;
    this.#judge = judge;
    this.#host = host;
  }

  override holds(): boolean {
    return this.#holds;
  }

  override open(): void {
    for (const { measured, stall } of this.#wants)
      this.#ends.push(this.#host.watch(measured, stall, (sample) => this.#take(sample)));
  }

  override close(): void {
    for (const end of this.#ends) end();
    this.#ends = [];
  }

  #take(sample: Sample): void {
    const before = this.#holds;
    this.#holds = this.#judge.take(sample);
    if (this.#holds !== before) this.#host.changed(null);
  }
}

/** Begins to hold above one value, and ends below another, so that it does not flutter. */
class Hysteresis {
  readonly #above: number;
  readonly #rearm: number;
  #holds = false;

  constructor(above: number, rearm: number) {
    this.#above = above;
    this.#rearm = rearm;
  }

  take(value: number): boolean {
    if (value > this.#above) this.#holds = true;
    else if (value < this.#rearm) this.#holds = false;
    return this.#holds;
  }
}

export function levelProbe({ measured, above, rearm }: Kind<"level">, host: ProbeHost): MeasureProbe {
  const hysteresis = new Hysteresis(above, rearm);
  return new MeasureProbe([{ measured, stall: null }], { take: ({ value }) => hysteresis.take(value) }, host);
}

export function shareProbe({ above, rearm, everyMs }: Kind<"share">, host: ProbeHost): MeasureProbe {
  const hysteresis = new Hysteresis(above, rearm);
  let current = 0;
  let high = Number.POSITIVE_INFINITY;
  const take = ({ metric, value }: Sample): boolean => {
    if (metric === "memory_high_bytes") high = value;
    else current = value;
    return hysteresis.take(high > 0 ? current / high : Number.POSITIVE_INFINITY);
  };
  const wants = (["memory_current_bytes", "memory_high_bytes"] as const).map((metric) => ({
    measured: { metric, of: "group" as const, everyMs },
    stall: null,
  }));
  return new MeasureProbe(wants, { take }, host);
}

export function pressureProbe({ metric, of, stallUs, windowUs }: Kind<"pressure">, host: ProbeHost): MeasureProbe {
  const want = { measured: { metric, of, everyMs: null }, stall: { stallUs, windowUs } };
  return new MeasureProbe([want], { take: ({ value }) => value >= stallUs }, host);
}

/** More samples than this within a window are thinned out. */
const mostSamples = 128;

export function riseProbe({ measured, by, withinNs }: Kind<"rise">, host: ProbeHost): MeasureProbe {
  let history: { readonly atNs: bigint; readonly value: number }[] = [];
  const take = ({ atNs, value }: Sample): boolean => {
    history.push({ atNs, value });
    history = history.filter((one) => atNs - one.atNs <= withinNs);
    if (history.length > mostSamples) history = history.filter((_, index) => index % 2 === 0);
    const least = history.reduce((found, one) => Math.min(found, one.value), value);
    return value - least >= by;
  };
  return new MeasureProbe([{ measured, stall: null }], { take }, host);
}

export function idleProbe({ forNs, cpuBelow, everyMs }: Kind<"idle">, host: ProbeHost): MeasureProbe {
  let before: Sample | null = null;
  let busyNs: bigint | null = null;
  const take = (sample: Sample): boolean => {
    const spanUs = before === null ? 0 : Number(sample.atNs - before.atNs) / 1000;
    const isBusy = before === null || sample.value - before.value >= spanUs * cpuBelow;
    before = sample;
    if (isBusy || busyNs === null) busyNs = sample.atNs;
    return sample.atNs - busyNs >= forNs;
  };
  return new MeasureProbe([{ measured: { metric: "cpu_us", of: "process", everyMs }, stall: null }], { take }, host);
}
