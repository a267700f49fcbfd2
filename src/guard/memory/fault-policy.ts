import type { Decision, ProtectionWrite } from "./decision.ts";
import type { Place } from "./place.ts";
import { decisionOf } from "./plain-policies.ts";
import type { ProtectedReading, Readings } from "./readings.ts";
import { nothingSuffered } from "./readings.ts";

/** When a group counts as at work, and what protects it then. */
export interface FaultSettings {
  /** More page faults than that within a second. */
  readonly threshold: number;
  /** memory.low covers all that it has. */
  readonly belowLow: boolean;
  /** memory.min covers all that it has. */
  readonly belowMin: boolean;
}

/** The original's: faults are counted in it, and protection lasts as long. */
const windowMs = 1000;

interface Watched {
  readonly windowMs: number;
  readonly faults: number;
  /** Protected until then; null: it is not. */
  readonly untilMs: number | null;
}

/** The original's hooks `below_low` and `below_min`, by what mainline has: the protected group's own memory.low and memory.min. */
export class FaultPolicy {
  readonly #settings: FaultSettings;
  readonly #watched = new Map<string, Watched>();

  constructor(settings: FaultSettings) {
    this.#settings = settings;
  }

  step(readings: Readings): readonly Decision[] {
    return readings.protects.flatMap((one) => this.#look(readings, one));
  }

  #look(readings: Readings, { place, faults }: ProtectedReading): readonly Decision[] {
    if (faults === null) return [];
    const { nowMs } = readings;
    const { threshold } = this.#settings;
    const before = this.#watched.get(place.directory) ?? { windowMs: nowMs, faults, untilMs: null };
    const isAtWork = faults - before.faults > threshold;
    const isOver = isAtWork || nowMs - before.windowMs >= windowMs;
    const untilMs = isAtWork ? nowMs + windowMs : before.untilMs;
    const isProtected = untilMs !== null && nowMs < untilMs;
    const next = isOver ? { windowMs: nowMs, faults } : before;
    this.#watched.set(place.directory, { ...next, untilMs: isProtected ? untilMs : null });
    if (isProtected === (before.untilMs !== null)) return [];
    const facts = {
      action: isProtected ? "protect" : "unprotect",
      reason: "faults",
      threshold,
      from: "normal",
      to: "normal",
      writes: this.#writes(place, isProtected),
    } as const;
    return [decisionOf(readings, nothingSuffered, place, facts)];
  }

  #writes({ directory, standing }: Place, isProtected: boolean): readonly ProtectionWrite[] {
    const { belowLow, belowMin } = this.#settings;
    const files = [...(belowLow ? (["low"] as const) : []), ...(belowMin ? (["min"] as const) : [])];
    return files.map((name) => ({
      path: `${directory}/memory.${name}`,
      value: isProtected ? "max" : standing[name],
      standing: standing[name],
    }));
  }
}
