import { signalNumber } from "../kernel/index.ts";
import type { ErrorCode, RunReport } from "../report/index.ts";
import { errorCodes, exitStatus } from "../report/index.ts";

/** Whether a status of this job is the truth about it, rather than for want of any. */
export const exitIsKnown = (report: RunReport): boolean =>
  report.exit_code_known || report.start_error !== null || report.exit_reason === "timeout";

/** The status a wrapper of this job exits with (design rule 9): the workload's own, 128+n, or one of ours. */
export function exitStatusOf(report: RunReport): number {
  if (report.start_error !== null) {
    const { code } = report.start_error;
    return Object.hasOwn(errorCodes, code) ? errorCodes[code as ErrorCode].exitStatus : exitStatus.corral;
  }
  if (report.exit_reason === "timeout") return exitStatus.timeout;
  if (report.exit_signal !== null) return 128 + (signalNumber(report.exit_signal) ?? 0);
  return report.exit_code ?? exitStatus.corral;
}
