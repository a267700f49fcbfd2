import type { OneOf } from "./value-types.ts";

/** Which way a metric is better. target_value: as near to this as can be. informational: never judged. */
export type Polarity =
  | "higher_better"
  | "lower_better"
  | "informational"
  | "unknown"
  | { readonly targetValue: number };

export const polarityWords = ["higher_better", "lower_better", "informational", "unknown"] as const;

/** A number that is read from what a payload prints. */
export interface PayloadMetric {
  /** With output json its path, as `jobs.0.read.iops`; else a name. */
  readonly name: string;
  /** Default unknown. */
  readonly polarity?: Polarity;
  /** For people: `ops/s`, `us`. Default none. */
  readonly unit?: string;
  /** With output regex: an expression whose first group is the number; the first match counts. */
  readonly pattern?: string;
}

/** What can be asked of a payload's metrics; a metric that is absent fails. */
export interface MetricChecks {
  readonly min: { readonly metric: string; readonly value: number };
  readonly max: { readonly metric: string; readonly value: number };
  readonly range: { readonly metric: string; readonly low: number; readonly high: number };
  /** The metric must be there. */
  readonly exists: string;
  /** Judged first; the detail of a mismatch has the end of stderr. */
  readonly exitCodeEq: number;
}

export type MetricCheck = OneOf<MetricChecks>;

export const payloadOutputs = ["exit_code", "json", "regex"] as const;
/**
 * What is read of a payload's output. exit_code: nothing. json: every number of the first document in stdout, or, when
 * there is none, in stderr. regex: what the patterns of the metrics find.
 */
export type PayloadOutput = (typeof payloadOutputs)[number];

/** A real program that is run as load. It leads a process group, which is killed as a whole. */
export interface Payload {
  /** Unique in the scenario: what ops, groups and the report call it. */
  readonly name: string;
  /** The program, looked up in PATH unless it has a slash, and its arguments. */
  readonly command: readonly string[];
  /** Default exit_code. */
  readonly output?: PayloadOutput;
  readonly metrics?: readonly PayloadMetric[];
  readonly checks?: readonly MetricCheck[];
  /** Long flags (`--runtime`) that arguments may have; any other is refused. Default: not looked at. */
  readonly knownFlags?: readonly string[];
  /** Files and directories it needs beside the program, for a guest or another host. Default none. */
  readonly includeFiles?: readonly string[];
  /** Variables beside the inherited ones. Default none. */
  readonly env?: Readonly<Record<string, string>>;
  /** True: it stays in Corral's process group, for programs that want a terminal. Default false. */
  readonly usesParentPgrp?: boolean;
}
