import type { MemorySettings, MemoryThresholds } from "../model/index.ts";
import type { Decision, DecisionReason } from "./decision.ts";
import type { DomainState } from "./domain-state.ts";
import { normalState } from "./domain-state.ts";
import type { DomainReading, Readings, Suffered } from "./readings.ts";
import { observe } from "./readings.ts";

/** Why there is pressure, and how much of it; null: there is none of that degree. */
export interface Cause {
  readonly reason: DecisionReason;
  readonly threshold: number;
}

/** One moment as the steps of the policy see it. They change `states` and add to `decisions`. */
export interface Moment {
  readonly readings: Readings;
  readonly settings: MemorySettings;
  readonly thresholds: MemoryThresholds;
  readonly suffered: Suffered;
  /** What can be had and is not reserved for the protected: what lower sessions are measured by. */
  readonly freeBytes: number;
  readonly states: Map<string, DomainState>;
  readonly decisions: Decision[];
  /** When something was last let go, when something was last killed, and what the protected had at the last look. */
  readonly last: { letGoMs: number; killMs: number; exhausted: boolean; protectedBytes: number };
}

/** Changes where a domain stands and tells it. */
export function move(
  moment: Moment,
  state: DomainState,
  facts: Pick<Decision, "action" | "reason" | "threshold"> & Partial<Pick<Decision, "writes" | "kill" | "weight">>,
): void {
  const { readings, suffered, states, decisions } = moment;
  const { domain, stage } = state;
  const from = states.get(domain.key)?.stage ?? "normal";
  const reading = readings.domains.find((one) => one.domain.key === domain.key);
  states.set(domain.key, state);
  decisions.push({
    domain: domain.key,
    session: domain.place.name,
    from,
    to: stage,
    observed: observe(readings, suffered, reading?.currentBytes ?? null),
    writes: [],
    kill: null,
    weight: null,
    ...facts,
  });
}

/** The readings of domains with where they stand, those that are touched first in front: lowest class, then most memory. */
export const byVictim = ({ readings, states }: Moment): readonly (DomainReading & { readonly state: DomainState })[] =>
  readings.domains
    .map((reading) => ({ ...reading, state: states.get(reading.domain.key) ?? normalState(reading.domain) }))
    .toSorted((a, b) => a.domain.place.rank - b.domain.place.rank || b.currentBytes - a.currentBytes);
