import type { Checks } from "../../model/index.ts";
import { builtInLimits } from "../../model/index.ts";

/** What workers are judged by, with built-in limits filled in and scaled for the machine. Null: not judged. */
export interface WorkerLimits {
  readonly notStuck: boolean;
  readonly maxGapMs: number | null;
  readonly maxSpreadPct: number | null;
  readonly isolation: boolean;
  readonly maxThroughputCv: number | null;
  readonly minWorkRate: number | null;
  readonly maxP99WakeLatencyNs: number | null;
  readonly maxWakeLatencyCv: number | null;
  readonly minIterationRate: number | null;
  readonly maxMigrationRatio: number | null;
  readonly minPageLocality: number | null;
  readonly maxCrossNodeMigrationRatio: number | null;
  readonly maxSlowTierRatio: number | null;
}

/**
 * The limits of these checks on a machine that is `dilation` times slower. Limits in time grow with it, rates shrink by as much as less
 * gets done there (`rateDilation`);
 * shares and ratios stay. Built-in limits are never below those for slow machines there.
 */
export function workerLimits(checks: Checks, dilation: number, rateDilation = dilation): WorkerLimits {
  const slower = Math.max(1, dilation);
  const less = Math.max(slower, rateDilation);
  const orNull = (value: number | undefined): number | null => value ?? null;
  const longer = (value: number | undefined): number | null => (value === undefined ? null : value * slower);
  const rarer = (value: number | undefined): number | null => (value === undefined ? null : value / less);
  const notStuck = checks.notStuck === true;
  const builtIn = builtInFor(slower);
  return {
    notStuck,
    maxGapMs: longer(checks.maxGapMs) ?? (notStuck ? builtIn.maxGapMs : null),
    maxSpreadPct: checks.maxSpreadPct ?? (notStuck ? builtIn.maxSpreadPct : null),
    isolation: checks.isolation === true,
    maxThroughputCv: orNull(checks.maxThroughputCv),
    minWorkRate: rarer(checks.minWorkRate),
    maxP99WakeLatencyNs: longer(checks.maxP99WakeLatencyNs),
    maxWakeLatencyCv: orNull(checks.maxWakeLatencyCv),
    minIterationRate: rarer(checks.minIterationRate),
    maxMigrationRatio: orNull(checks.maxMigrationRatio),
    minPageLocality: orNull(checks.minPageLocality),
    maxCrossNodeMigrationRatio: orNull(checks.maxCrossNodeMigrationRatio),
    maxSlowTierRatio: orNull(checks.maxSlowTierRatio),
  };
}

function builtInFor(slower: number): { readonly maxGapMs: number; readonly maxSpreadPct: number } {
  const { maxGapMs, maxSpreadPct } = builtInLimits;
  return slower === 1
    ? { maxGapMs: maxGapMs.native, maxSpreadPct: maxSpreadPct.native }
    : { maxGapMs: Math.max(maxGapMs.dilated, maxGapMs.native * slower), maxSpreadPct: maxSpreadPct.dilated };
}
