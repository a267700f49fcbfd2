import type { MetricCheck, PayloadOutput, Polarity } from "../model/index.ts";

/** A metric of a payload, defaults filled in. */
export interface ResolvedMetric {
  readonly name: string;
  readonly polarity: Polarity;
  /** Null: none. */
  readonly unit: string | null;
  /** Set exactly with output regex; it compiles and has a group. */
  readonly pattern: string | null;
}

/** A payload of the scenario, defaults filled in. */
export interface ResolvedPayload {
  readonly name: string;
  /** Program and its own arguments. */
  readonly command: readonly string[];
  readonly output: PayloadOutput;
  /** Names are unique. */
  readonly metrics: readonly ResolvedMetric[];
  readonly checks: readonly MetricCheck[];
  /** Null: any flag. Arguments have been judged by it already. */
  readonly knownFlags: readonly string[] | null;
  readonly includeFiles: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly usesParentPgrp: boolean;
}

/** One start of a payload. */
export interface ResolvedPayloadRun {
  readonly payload: string;
  /** Program, its own arguments, further arguments. */
  readonly argv: readonly string[];
  /** Name of its group; `""`: where Corral is. */
  readonly cgroup: string;
  /** What started it: errors about a second start name it. */
  readonly source: "backdrop" | "group" | "run_payload";
}
