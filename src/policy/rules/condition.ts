import type { Metric } from "../model/index.ts";

/** Events of a process that a deadline can be counted from. */
export const processEvents = ["exec", "fork", "exit", "enrol"] as const;
export type ProcessEvent = (typeof processEvents)[number];

/** Whose measure is meant: that of the process, of its control group, or of the host. */
export type MeasureOf = "process" | "group" | "system";

/** Something that can be measured and compared. */
export interface Measured {
  readonly metric: Metric;
  readonly of: MeasureOf;
  /** Milliseconds between two looks; null: as the source does by itself. */
  readonly everyMs: number | null;
}

/**
 * When a rule acts: as soon as its condition begins to hold. All but the schedules hold for a time: `since` from its moment
 * on, until the process executes another program.
 */
export type Condition =
  /** `afterNs` have passed since the event. */
  | { readonly kind: "since"; readonly event: ProcessEvent; readonly afterNs: bigint }
  /** For `forNs` the process has used less than this part of one CPU. */
  | { readonly kind: "idle"; readonly forNs: bigint; readonly cpuBelow: number; readonly everyMs: number }
  /** Begins to hold above one value and ends below the other. */
  | { readonly kind: "level"; readonly measured: Measured; readonly above: number; readonly rearm: number }
  /** As `level`, of `memory.current` as a part of `memory.high`. */
  | { readonly kind: "share"; readonly above: number; readonly rearm: number; readonly everyMs: number | null }
  /** It has grown by so much within a time. */
  | { readonly kind: "rise"; readonly measured: Measured; readonly by: number; readonly withinNs: bigint }
  /** Stalls of `stallUs` within a window, told by a trigger of the kernel (psi.rst). */
  | {
      readonly kind: "pressure";
      readonly metric: Extract<Metric, `pressure_${string}`>;
      readonly of: "group" | "system";
      readonly stallUs: number;
      readonly windowUs: number;
    }
  /** At every multiple of a time since the process was selected, for a moment. */
  | { readonly kind: "every"; readonly ns: bigint }
  /** At these minutes of the day, UTC, for a moment. */
  | { readonly kind: "daily"; readonly minutes: readonly number[] }
  | { readonly kind: "all" | "any"; readonly of: readonly Condition[] }
  | { readonly kind: "not"; readonly of: Condition }
  /** It has held for so long without a break. */
  | { readonly kind: "for"; readonly forNs: bigint; readonly of: Condition };

/** Every condition of a tree, the outer ones first. */
export function* conditionsIn(condition: Condition): Iterable<Condition> {
  yield condition;
  if (condition.kind === "all" || condition.kind === "any") for (const one of condition.of) yield* conditionsIn(one);
  else if (condition.kind === "not" || condition.kind === "for") yield* conditionsIn(condition.of);
}
