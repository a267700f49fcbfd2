import type { Health } from "../metrics/index.ts";
import type { WatchFacts } from "./watch-facts.ts";

/** What the health of a watch is judged by. */
export type HealthFacts = Omit<
  WatchFacts,
  "rules" | "scanDurationMs" | "scannedProcesses" | "events" | "eventsLost" | "refused" | "discovered" | "governedAfter"
>;

const unhealthyScanFailures = 5;
const degradedScanFailures = 2;
const degradedAttachFailures = 10;
/** A scan that is this much overdue means that the scanner hangs. */
const staleIntervals = 3;
const staleAtLeastMs = 120_000;

function problemsOf(facts: HealthFacts, nowMs: number): { unhealthy: string[]; degraded: string[] } {
  const unhealthy: string[] = [];
  const degraded: string[] = [];
  const staleMs = Math.max(staleAtLeastMs, staleIntervals * facts.scanIntervalMs);
  const sinceScanMs = nowMs - (facts.lastScanMs ?? facts.startedMs);
  if (sinceScanMs > staleMs) unhealthy.push(`no scan has succeeded for ${Math.round(sinceScanMs / 1000)} s`);
  if (facts.consecutiveScanFailures >= unhealthyScanFailures)
    unhealthy.push(`${facts.consecutiveScanFailures} scans have failed in a row`);
  else if (facts.consecutiveScanFailures >= degradedScanFailures)
    degraded.push(`${facts.consecutiveScanFailures} scans have failed in a row`);
  if (facts.consecutiveAttachFailures >= degradedAttachFailures)
    degraded.push(`${facts.consecutiveAttachFailures} attaches have failed in a row`);
  if (facts.sourceError !== null) degraded.push(`events have ended, scans go on: ${facts.sourceError}`);
  return { unhealthy, degraded };
}

/**
 * How a watch is, judged when it is asked for: a scanner that hangs says nothing by itself. Unhealthy: five scans failed
 * in a row, or none succeeded for two minutes (three intervals when that is longer). Degraded: two scans or ten attaches
 * failed in a row, or the source of events has ended.
 */
export function judgeHealth(facts: HealthFacts, nowMs: number): Health {
  const { unhealthy, degraded } = problemsOf(facts, nowMs);
  const status = unhealthy.length > 0 ? "unhealthy" : degraded.length > 0 ? "degraded" : "healthy";
  return {
    status,
    problems: [...unhealthy, ...degraded],
    uptime_sec: Math.round((nowMs - facts.startedMs) / 1000),
    since_scan_sec: facts.lastScanMs === null ? null : Math.round((nowMs - facts.lastScanMs) / 1000),
    scans_total: facts.totalScans,
    scan_failures_total: facts.totalScanFailures,
    attach_failures_total: facts.totalAttachFailures,
    source: facts.source,
    governed: facts.governed,
    waiting: facts.waiting,
  };
}
