import type { ConstraintOutcome, RunReport } from "../report/index.ts";
import { formatBytes, formatSeconds } from "../report/index.ts";
import { exitIsKnown, exitStatusOf } from "./exit-status.ts";

/** How the job ended, in a few words. */
function describeEnd(report: RunReport): string {
  if (report.start_error !== null) return `never started: ${report.start_error.message}`;
  if (report.detached && report.attach !== null) return "Corral let go; the process continues";
  const how = report.exit_signal ?? (report.exit_code === null ? "status unknown" : `exit ${report.exit_code}`);
  const after = report.duration_sec === null ? "" : ` after ${formatSeconds(report.duration_sec)}`;
  return `${report.exit_reason}, ${how}${after}`;
}

function describeUsage(report: RunReport): string[] {
  const { usage, duration_sec: duration } = report;
  const parts: string[] = [];
  if (usage.cpu_user_us !== null && usage.cpu_sys_us !== null) {
    const seconds = (usage.cpu_user_us + usage.cpu_sys_us) / 1e6;
    const share =
      duration !== null && duration >= 0.1 ? ` (${Math.round((seconds / duration) * 100)}% of one CPU)` : "";
    parts.push(`cpu ${formatSeconds(seconds)}${share}`);
  }
  if (usage.nr_throttled !== null && usage.nr_throttled > 0) {
    parts.push(
      `throttled in ${usage.nr_throttled} of ${usage.nr_periods} periods, ${formatSeconds((usage.throttled_us ?? 0) / 1e6)}`,
    );
  }
  if (usage.memory_peak_bytes !== null) parts.push(`memory peak ${formatBytes(usage.memory_peak_bytes)}`);
  const io = (usage.io_read_bytes ?? 0) + (usage.io_write_bytes ?? 0);
  if (io > 0)
    parts.push(`io ${formatBytes(usage.io_read_bytes ?? 0)} read, ${formatBytes(usage.io_write_bytes ?? 0)} written`);
  if ((usage.oom_kills ?? 0) > 0) parts.push(`${usage.oom_kills} killed for memory`);
  if ((usage.pids_max_hits ?? 0) > 0)
    parts.push(`${usage.pids_max_hits} ${usage.pids_max_hits === 1 ? "fork" : "forks"} refused by pids-max`);
  return parts;
}

/** What attaching could not reach, and could not undo. */
function describeAttach({ attach }: RunReport): string[] {
  if (attach === null) return [];
  const elsewhere = attach.memory_elsewhere_bytes ?? 0;
  const uncovered =
    elsewhere === 0
      ? []
      : [`${formatBytes(elsewhere)} of memory was charged elsewhere before; no limit of this job covers it`];
  return [...uncovered, ...attach.not_restored.map((line) => `not undone: ${line}`)];
}

/** One requested limit and what became of it. */
export function describeOutcome(outcome: ConstraintOutcome): string {
  const effective = outcome.effective === null ? "" : ` = ${outcome.effective}`;
  const mechanism = outcome.mechanism === null ? "" : ` (${outcome.mechanism}${effective})`;
  const reason = outcome.reason === null ? "" : `: ${outcome.reason}`;
  return `${outcome.name} ${outcome.requested}: ${outcome.status.replace("_", " ")}${mechanism}${reason}`;
}

/** The human summary of a finished job, without the prefix. */
export function summarize(report: RunReport): string[] {
  const pid = report.pid === null ? "" : ` (pid ${report.pid})`;
  const lines = [`job ${report.job_id}: ${describeEnd(report)}${pid}`];
  const usage = describeUsage(report);
  if (usage.length > 0) lines.push(usage.join("; "));
  for (const constraint of report.constraints) lines.push(describeOutcome(constraint));
  lines.push(...describeAttach(report));
  const survivors = report.survivors ?? [];
  if (survivors.length > 0) {
    const live = survivors.length === 1 ? "1 process lives" : `${survivors.length} processes live`;
    lines.push(`${live} on in its group: ${survivors.slice(0, 10).join(" ")}`);
  }
  return lines;
}

/** The grep-able record of a job, one line; its shape is a contract with log scrapers. */
export function jobLine(report: RunReport): string {
  const intent = report.intent === null ? "" : `intent=${report.intent} | `;
  const sla = report.platform_sla_compliant ? "COMPLIANT" : "VIOLATION";
  const runtime = report.duration_sec === null ? "-" : `${report.duration_sec.toFixed(0)}s`;
  const status = exitIsKnown(report) ? exitStatusOf(report) : "-";
  return `JOB ${report.job_id} | ${intent}sla=${sla} | reason=${report.platform_sla_reason} | runtime=${runtime} | exit=${status} | pid=${report.pid ?? "-"}`;
}

/** What a person reads when a job has ended: the summary, then the one-line record. */
export const summaryText = (report: RunReport): string =>
  `${summarize(report)
    .map((line) => `[corral] ${line}\n`)
    .join("")}${jobLine(report)}\n`;
