import type { Checks } from "../model/index.ts";

/** A layer that asks for nothing and takes nothing back: the identity of `mergeChecks`, not "no checks". */
export const noOverrides: Checks = {};

/**
 * Layers of checks as one: baseline, the scheduler's, the scenario's. The last that defines a field has it, so that `false`
 * takes back a `true` below. Only `enforceMonitorThresholds` is sticky: no layer takes it back.
 */
export const mergeChecks = (...layers: readonly Checks[]): Checks => layers.reduce(mergeTwo, noOverrides);

function mergeTwo(lower: Checks, higher: Checks): Checks {
  const defined = Object.fromEntries(Object.entries(higher).filter(([, value]) => value !== undefined)) as Checks;
  const merged = { ...lower, ...defined };
  const enforced = lower.enforceMonitorThresholds === true || higher.enforceMonitorThresholds === true;
  return enforced ? { ...merged, enforceMonitorThresholds: true } : merged;
}
