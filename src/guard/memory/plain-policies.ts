import type { MemorySettings } from "../model/index.ts";
import type { Decision, ProtectionWrite, Stage } from "./decision.ts";
import type { Place } from "./place.ts";
import type { ProtectionPolicy } from "./policy.ts";
import type { Readings, Suffered } from "./readings.ts";
import { nothingSuffered, observe } from "./readings.ts";

const noStages: ReadonlyMap<string, Stage> = new Map();

type Facts = Pick<Decision, "action" | "reason" | "threshold" | "from" | "to" | "writes">;

/** A decision about a place as a whole. */
export const decisionOf = (readings: Readings, suffered: Suffered, place: Place, facts: Facts): Decision => ({
  domain: place.name,
  session: place.name,
  observed: observe(
    readings,
    suffered,
    readings.domains.find((one) => one.domain.place === place)?.currentBytes ?? null,
  ),
  kill: null,
  weight: null,
  ...facts,
});

/** Looks, and does nothing. */
export class NoPolicy implements ProtectionPolicy {
  readonly wantsTools = false;

  step(): readonly Decision[] {
    return [];
  }

  stages(): ReadonlyMap<string, Stage> {
    return noStages;
  }
}

/** Gives every place one value of one control file, and tells when that changes. */
abstract class StandingPolicy implements ProtectionPolicy {
  readonly wantsTools = false;
  readonly #held = new Map<string, string>();

  protected abstract wanted(readings: Readings, settings: MemorySettings): ReadonlyMap<Place, ProtectionWrite>;
  protected abstract readonly action: "divide" | "protect";

  step(readings: Readings, settings: MemorySettings): readonly Decision[] {
    const decisions: Decision[] = [];
    const wanted = this.wanted(readings, settings);
    for (const place of readings.places) {
      const write = wanted.get(place);
      const held = this.#held.get(place.directory);
      if (write === undefined || held === write.value) continue;
      this.#held.set(place.directory, write.value);
      const facts = {
        action: write.value === write.standing ? "unprotect" : this.action,
        reason: "policy",
        threshold: null,
        from: "normal",
        to: "normal",
        writes: [write],
      } as const;
      // A place that was never touched and is to stay so is no news.
      if (held !== undefined || write.value !== write.standing)
        decisions.push(decisionOf(readings, nothingSuffered, place, facts));
    }
    return decisions;
  }

  stages(): ReadonlyMap<string, Stage> {
    return noStages;
  }
}

/** memory.max of every session is an equal part of what there is. */
export class StaticPolicy extends StandingPolicy {
  protected readonly action = "divide";

  protected wanted({ places, limitBytes }: Readings, { staticParts }: MemorySettings): Map<Place, ProtectionWrite> {
    const part = Math.floor(limitBytes / Math.max(1, staticParts ?? places.length));
    return new Map(
      places.map((place) => {
        const standing = place.standing.max;
        const value = standing === "max" ? part : Math.min(part, Number(standing));
        return [place, { path: `${place.directory}/memory.max`, value: String(value), standing }] as const;
      }),
    );
  }
}

/** Of what there is, as the original gives it. */
const protectedShare = 0.8;

/** memory.low of the protected sessions, and nothing else: it keeps page cache, not what has no swap to go to (A8). */
export class HighOnlyPolicy extends StandingPolicy {
  protected readonly action = "protect";

  protected wanted({ places, protects, limitBytes }: Readings): Map<Place, ProtectionWrite> {
    const part = Math.floor((limitBytes * protectedShare) / Math.max(1, protects.length));
    return new Map(
      places.map((place) => {
        const { low: standing } = place.standing;
        const isProtected = protects.some((one) => one.place === place);
        const value = isProtected ? String(Math.max(part, Number(standing) || 0)) : standing;
        return [place, { path: `${place.directory}/memory.low`, value, standing }] as const;
      }),
    );
  }
}

/** The original's window, in which nothing is looked at anew (A7). */
const windowMs = 1000;
const clampedShare = 0.5;
const fullShare = 0.85;

/**
 * What the original does without its kernel patch, kept to be compared with: any of three triggers gives the protected memory.low of
 * 80 % and the others memory.high of 50 % of what there is for one second, and then all is taken back at once.
 */
export class FallbackPolicy implements ProtectionPolicy {
  readonly wantsTools = false;
  #untilMs: number | null = null;
  #highHits: number | null = null;
  #stallUs: number | null = null;
  #undo: readonly Decision[] = [];

  step(readings: Readings): readonly Decision[] {
    const trigger = this.#trigger(readings);
    if (this.#untilMs !== null) return readings.nowMs < this.#untilMs ? [] : this.#end(readings);
    if (trigger === null) return [];
    this.#untilMs = readings.nowMs + windowMs;
    const made = this.#begin(readings, trigger);
    this.#undo = made;
    return made;
  }

  stages(): ReadonlyMap<string, Stage> {
    const clamped = this.#undo.filter(({ to }) => to === "clamped");
    return new Map(clamped.map(({ domain }) => [domain, "clamped"]));
  }

  #trigger({
    protects,
    rootStallUs,
    limitBytes,
    headroomBytes,
  }: Readings): Pick<Decision, "reason" | "threshold"> | null {
    const highHits = protects.reduce((sum, one) => sum + one.highHits, 0);
    const hasHit = this.#highHits !== null && highHits > this.#highHits;
    const hasStalled = this.#stallUs !== null && rootStallUs !== null && rootStallUs > this.#stallUs;
    this.#highHits = highHits;
    this.#stallUs = rootStallUs;
    if (hasHit) return { reason: "hits", threshold: 0 };
    if (hasStalled) return { reason: "stall", threshold: 0 };
    const leastBytes = Math.floor(limitBytes * (1 - fullShare));
    return headroomBytes <= leastBytes ? { reason: "headroom", threshold: leastBytes } : null;
  }

  #begin(readings: Readings, cause: Pick<Decision, "reason" | "threshold">): readonly Decision[] {
    const { limitBytes, protects, domains } = readings;
    const low = String(Math.floor(limitBytes * protectedShare));
    const high = String(Math.floor(limitBytes * clampedShare));
    return [
      ...protects.map(({ place }) => {
        const write = { path: `${place.directory}/memory.low`, value: low, standing: place.standing.low };
        const facts = { action: "protect", from: "normal", to: "normal", writes: [write], ...cause } as const;
        return decisionOf(readings, nothingSuffered, place, facts);
      }),
      ...domains.map(({ domain: { place } }) => {
        const write = { path: `${place.directory}/memory.high`, value: high, standing: place.standing.high };
        const facts = { action: "clamp", from: "normal", to: "clamped", writes: [write], ...cause } as const;
        return decisionOf(readings, nothingSuffered, place, facts);
      }),
    ];
  }

  #end(readings: Readings): readonly Decision[] {
    const undone = this.#undo.map((one) => ({
      ...one,
      action: one.action === "clamp" ? ("release" as const) : ("unprotect" as const),
      from: one.to,
      to: "normal" as const,
      reason: "window" as const,
      threshold: windowMs,
      observed: { ...observe(readings, nothingSuffered, one.observed.current_bytes) },
      writes: one.writes.map((write) => ({ ...write, value: write.standing })),
    }));
    this.#undo = [];
    this.#untilMs = null;
    return undone;
  }
}
