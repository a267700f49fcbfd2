import type { Observed } from "./decision.ts";
import type { Domain, Place } from "./place.ts";

/** A tool call of a domain. */
export interface ToolReading {
  readonly directory: string;
  readonly currentBytes: number;
}

/** A domain at one moment. */
export interface DomainReading {
  readonly domain: Domain;
  readonly currentBytes: number;
  /** Every group that is frozen with it is frozen, as the kernel says. */
  readonly frozen: boolean;
  /** Read while it is frozen or being frozen only. */
  readonly tools: readonly ToolReading[];
}

/** A protected session at one moment; counters grow. */
export interface ProtectedReading {
  readonly place: Place;
  readonly currentBytes: number;
  /** Null: no pressure is told here. */
  readonly stallUs: number | null;
  /** Page faults so far; null: not read. */
  readonly faults: number | null;
  readonly highHits: number;
  readonly maxHits: number;
}

/** Everything a policy decides from, at one moment. */
export interface Readings {
  /** CLOCK_MONOTONIC. */
  readonly nowMs: number;
  readonly limitBytes: number;
  /** What can be had before the limit, page cache that can go included. */
  readonly headroomBytes: number;
  readonly boundBy: string;
  /** Of the group that all are in; null: no pressure is told here. */
  readonly rootStallUs: number | null;
  readonly protects: readonly ProtectedReading[];
  readonly domains: readonly DomainReading[];
  /** Every place there is, with processes or without. */
  readonly places: readonly Place[];
}

/** What protected sessions suffered of late. */
export interface Suffered {
  /** Of the one that stalls most, as a share of the window; null: unknown. */
  readonly stallShare: number | null;
  /** Growth of their counters since the last look. */
  readonly hits: number;
  /** What they had of late and do not have now. */
  readonly reserveBytes: number;
}

export const nothingSuffered: Suffered = { stallShare: null, hits: 0, reserveBytes: 0 };

export const observe = (
  { limitBytes, headroomBytes, boundBy }: Readings,
  { stallShare, hits, reserveBytes }: Suffered,
  currentBytes: number | null,
): Observed => ({
  limit_bytes: limitBytes,
  headroom_bytes: headroomBytes,
  reserve_bytes: reserveBytes,
  bound_by: boundBy,
  stall_share: stallShare === null ? null : Math.round(stallShare * 1000) / 1000,
  hits,
  current_bytes: currentBytes,
});
