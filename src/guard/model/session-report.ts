import type { CallsReport, SessionReport } from "./report-document.ts";
import type { ToolResult } from "./tool-documents.ts";

/** What is kept of a call for the report of its session. */
export type CallRecord = Pick<
  ToolResult,
  | "reason"
  | "exit_code"
  | "oom_own_budget"
  | "memory_peak_bytes"
  | "memory_budget_bytes"
  | "memory_asked"
  | "memory_high_hits"
  | "memory_max_hits"
  | "cpu_user_us"
  | "cpu_sys_us"
  | "throttled_us"
  | "frozen_ms"
  | "duration_ms"
  | "start_time"
> & {
  /** Program of its command. */
  readonly tool: string;
  readonly isRetry: boolean;
};

const gib = 2 ** 30;
const mostTools = 32;

/** A peak of less than this share of its budget was declared too high. */
const overShare = 0.5;

/** How far above the mean of its session a peak is a burst. */
const burstFactor = 2;

const sumOf = (records: readonly CallRecord[], value: (one: CallRecord) => number | null): number =>
  records.reduce((sum, one) => sum + (value(one) ?? 0), 0);

function meanPeak(records: readonly CallRecord[]): number | null {
  const peaks = records.flatMap(({ memory_peak_bytes: peak }) => (peak === null ? [] : [peak]));
  return peaks.length === 0 ? null : peaks.reduce((sum, one) => sum + one, 0) / peaks.length;
}

/** GiB seconds: so many bytes for as long as the call has lasted. */
const overTime = (bytes: number | null, { duration_ms }: CallRecord): number =>
  ((bytes ?? 0) / gib) * (duration_ms / 1000);

const usedUp = ({ oom_own_budget, memory_max_hits }: CallRecord): boolean =>
  oom_own_budget || (memory_max_hits ?? 0) > 0;

/** @param sessionMean of all calls of the session */
function reportOf(records: readonly CallRecord[], sessionMean: number | null): CallsReport {
  const count = (holds: (one: CallRecord) => boolean): number => records.filter(holds).length;
  const budgeted = records.filter(
    (one) => one.memory_asked && one.memory_budget_bytes !== null && one.memory_peak_bytes !== null,
  );
  const promised = sumOf(budgeted, (one) => overTime(one.memory_budget_bytes, one));
  const reached = sumOf(budgeted, (one) =>
    overTime(Math.min(one.memory_peak_bytes ?? 0, one.memory_budget_bytes ?? 0), one),
  );
  const mean = meanPeak(records);
  const isBurst = ({ memory_peak_bytes: peak }: CallRecord): boolean =>
    peak !== null && sessionMean !== null && peak > sessionMean * burstFactor;
  return {
    calls: records.length,
    retries: count(({ isRetry }) => isRetry),
    failed: count(({ reason, exit_code }) => reason !== "exit" || exit_code !== 0),
    ooms: count(({ reason }) => reason === "oom"),
    timeouts: count(({ reason }) => reason === "timeout"),
    duration_sec: sumOf(records, ({ duration_ms }) => duration_ms) / 1000,
    burst_sec: sumOf(records.filter(isBurst), ({ duration_ms }) => duration_ms) / 1000,
    memory_peak_bytes: mean === null ? null : Math.max(...records.map(({ memory_peak_bytes: peak }) => peak ?? 0)),
    memory_mean_peak_bytes: mean === null ? null : Math.round(mean),
    cpu_sec: sumOf(records, ({ cpu_user_us, cpu_sys_us }) => (cpu_user_us ?? 0) + (cpu_sys_us ?? 0)) / 1e6,
    throttled_sec: sumOf(records, ({ throttled_us }) => throttled_us) / 1e6,
    frozen_sec: sumOf(records, ({ frozen_ms }) => frozen_ms) / 1000,
    memory_high_hits: sumOf(records, ({ memory_high_hits }) => memory_high_hits),
    budgeted: budgeted.length,
    over_declared: budgeted.filter(
      (one) => !usedUp(one) && (one.memory_peak_bytes ?? 0) < (one.memory_budget_bytes ?? 0) * overShare,
    ).length,
    under_declared: budgeted.filter(usedUp).length,
    budget_gib_sec: promised,
    used_gib_sec: sumOf(records, (one) => overTime(one.memory_peak_bytes, one)),
    waste_ratio: promised === 0 ? null : 1 - reached / promised,
  };
}

/** What the calls of a session were and used (R53). @param forgotten calls before these */
export function reportSession(session: string, records: readonly CallRecord[], forgotten: number): SessionReport {
  const byTool = new Map<string, CallRecord[]>();
  for (const record of records) {
    const tool = byTool.has(record.tool) || byTool.size < mostTools ? record.tool : "other";
    byTool.set(tool, [...(byTool.get(tool) ?? []), record]);
  }
  const mean = meanPeak(records);
  const tools = [...byTool].map(([tool, of]) => ({ tool, ...reportOf(of, mean) }));
  return {
    schema: "corral.session-report/1",
    session,
    since: records[0]?.start_time ?? null,
    forgotten,
    all: reportOf(records, mean),
    tools: tools.toSorted((one, other) => other.used_gib_sec - one.used_gib_sec),
  };
}
