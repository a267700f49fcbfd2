import type { Checks } from "../../model/index.ts";
import { builtInLimits } from "../../model/index.ts";

export const monitorChecks = [
  "maxImbalanceRatio",
  "maxLocalDsqDepth",
  "failOnRqClockStuck",
  "maxFallbackRate",
  "maxKeepLastRate",
] as const satisfies readonly (keyof Checks)[];
export type MonitorCheck = (typeof monitorChecks)[number];

export interface MonitorLimit {
  readonly check: MonitorCheck;
  /** 0 where there is nothing to count: a clock stands or does not. */
  readonly limit: number;
  /** False: it is told and decides nothing, for nobody asked for it. */
  readonly decides: boolean;
}

export interface MonitorLimits {
  /** Samples in a row that a finding needs. */
  readonly sustained: number;
  /** None that was taken back with false. */
  readonly limits: readonly MonitorLimit[];
}

/**
 * What the monitor's samples are judged by: every check with its own limit or the built-in one. One decides when it was asked
 * for by name, or when thresholds are enforced.
 */
export function monitorLimits(checks: Checks): MonitorLimits {
  const enforced = checks.enforceMonitorThresholds === true;
  return {
    sustained: checks.sustainedSamples ?? builtInLimits.sustainedSamples,
    limits: monitorChecks
      .filter((check) => checks[check] !== false)
      .map((check) => {
        const limit = checks[check] ?? builtInLimits[check];
        return { check, limit: Number(limit === true ? 0 : limit), decides: enforced || checks[check] !== undefined };
      }),
  };
}
