import type { CorralError, ReportsDocument, RunReport } from "../report/index.ts";
import { exitStatus } from "../report/index.ts";
import { exitIsKnown, exitStatusOf } from "../run/index.ts";
import { say } from "./output.ts";
import type { ReportSinks } from "./report-sinks.ts";
import { deliverReport } from "./report-sinks.ts";

/** What came of one target: a report, a reason why there is no job, or both. */
export interface Ending {
  /** The pid or job id as it was given. */
  readonly target: string;
  readonly report: RunReport | null;
  readonly error: CorralError | null;
}

const toDocument = (endings: readonly Ending[]): ReportsDocument => ({
  schema: "corral.reports/1",
  reports: endings.flatMap(({ report }) => report ?? []),
  refused: endings.flatMap(({ target, report, error }) =>
    error === null || report !== null ? [] : [{ target, code: error.code, message: error.message }],
  ),
});

/**
 * Delivers what a machine reads: the report of the one target, or one document for several.
 * @param single the command line named exactly one target
 * @returns false when it could not be written
 */
export function deliverEndings(endings: readonly Ending[], single: boolean, sinks: ReportSinks): boolean {
  if (!single) return deliverReport(toDocument(endings), sinks);
  const report = endings[0]?.report ?? null;
  return report === null || deliverReport(report, sinks);
}

/** Says of a workload whose end nobody could tell that the exit status is not its own. */
function statusOf({ report, error }: Ending): number {
  if (error !== null) return error.exitStatus;
  if (report === null || report.detached) return 0;
  return exitIsKnown(report) ? exitStatusOf(report) : 0;
}

/** Tells which ends are not known, so that a status of 0 is not taken for theirs. */
export function sayUnknownEnds(endings: readonly Ending[]): void {
  for (const { report } of endings) {
    if (report === null || report.detached || exitIsKnown(report)) continue;
    say(`how process ${report.pid ?? "?"} ended is not known: nobody told Corral its exit status`);
  }
}

/** The first status that is not 0. A workload's own says more than a lost report; a success must not hide it. */
export function statusOfAll(endings: readonly Ending[], delivered: boolean): number {
  const status = endings.map(statusOf).find((one) => one !== 0) ?? 0;
  return delivered || status !== 0 ? status : exitStatus.corral;
}
