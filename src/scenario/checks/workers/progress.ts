import { quote } from "../../../report/index.ts";
import type { WorkRecord } from "../../record/index.ts";
import type { WorkerEnd, WorkerReport } from "../../workers/index.ts";
import { offCpuPct } from "../../workers/index.ts";
import { atMost, atWork, atWorker, inconclusive, nameOf, skipped } from "../finding.ts";
import { figure } from "../numbers.ts";
import type { Finding } from "../result.ts";

/**
 * Every worker did something, and none died that nobody killed.
 * @param lostTime why none had time to do anything, which speaks against nobody; null: they had time
 */
export function judgeProgress(work: WorkRecord, lostTime: string | null = null): Finding[] {
  const isExcused = (report: WorkerReport): boolean =>
    lostTime !== null && report.workUnits === 0 && (report.completed || work.killedByOp);
  const excused = work.reports.filter(isExcused).length;
  const failed = work.reports.filter((report) => !isExcused(report)).flatMap((report) => failureOf(work, report));
  const message = `${nameOf(work)}: ${excused} of ${work.reports.length} workers did nothing, and had no time to: ${lostTime}`;
  const untold = excused === 0 ? [] : [inconclusive("no_progress", atWork(work), message, 1)];
  return [...failed, ...untold, ...(failed.length + untold.length === 0 ? [allProgressed(work)] : [])];
}

function allProgressed(work: WorkRecord): Finding {
  const message = `${nameOf(work)}: all ${work.reports.length} workers made progress`;
  return { outcome: "pass", kind: "no_progress", message, found: null, limit: null, where: atWork(work) };
}

function failureOf(work: WorkRecord, report: WorkerReport): Finding[] {
  const { pid, workUnits, completed } = report;
  const fail = (what: string): Finding[] => [
    {
      outcome: "fail",
      kind: "no_progress",
      message: `${nameOf(work)}: worker ${pid} ${what}`,
      found: workUnits,
      limit: 1,
      where: atWorker(work, report),
    },
  ];
  if (workUnits === 0) return fail(`made no progress: 0 work units, ${endText(report)}`);
  return completed || work.killedByOp
    ? []
    : fail(`ended before it was stopped, after ${workUnits} work units: ${endText(report)}`);
}

function endText({ end, failureText }: WorkerReport): string {
  return `${endWords(end)}${failureText === null ? "" : `, ${quote(failureText)}`}`;
}

function endWords(end: WorkerEnd): string {
  switch (end.kind) {
    case "exited":
      return `exit status ${end.code}`;
    case "signaled":
      return `killed by signal ${end.signal}`;
    case "timed-out":
      return "it did not stop in time";
    case "lost":
      return "nobody knows its end";
  }
}

/** No worker was away from its loop for longer than this between two of its looks. @param limitMs milliseconds */
export function judgeGap(work: WorkRecord, limitMs: number): Finding[] {
  const longest = work.reports.toSorted((a, b) => b.maxGapNs - a.maxGapNs);
  const beyond = longest.filter(({ maxGapNs }) => maxGapNs / 1e6 > limitMs);
  return (beyond.length > 0 ? beyond : longest.slice(0, 1)).map((report) => {
    const at = `worker ${report.pid} on CPU ${report.maxGapCpu} at +${figure(Math.round(report.maxGapAtNs / 1e6))} ms`;
    return atMost(report.maxGapNs / 1e6, limitMs, {
      kind: "stuck",
      where: { ...atWorker(work, report), cpu: report.maxGapCpu },
      what: `${nameOf(work)}: longest gap of ${at}`,
      unit: "ms",
    });
  });
}

/** The shares of time off a CPU are alike. @param limitPct percentage points */
export function judgeSpread(work: WorkRecord, limitPct: number): Finding {
  const where = atWork(work);
  const { reports } = work;
  if (reports.length < 2) return skipped("unfair", where, `${nameOf(work)}: one worker has nobody to be compared with`);
  const measured = reports.filter((report) => offCpuPct(report) !== null);
  if (measured.length < 2)
    return inconclusive("unfair", where, `${nameOf(work)}: fewer than two workers ran at all`, limitPct);
  const shares = measured.map(offCpuPct).map(Number);
  const [low, high] = [Math.min(...shares), Math.max(...shares)];
  const cpus = new Set(measured.flatMap(({ cpusUsed }) => cpusUsed)).size;
  return atMost(high - low, limitPct, {
    kind: "unfair",
    where,
    what: `${nameOf(work)}: time off CPU of ${measured.length} workers on ${cpus} CPUs is ${figure(low)} to ${figure(high)} %, spread`,
    unit: "points",
  });
}
