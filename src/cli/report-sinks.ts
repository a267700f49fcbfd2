import type { ReportsDocument, RunReport } from "../report/index.ts";
import { CorralError } from "../report/index.ts";
import { summaryText } from "../run/index.ts";
import { say, writeText } from "./output.ts";
import { writeReportFile } from "./report-file.ts";

/** Where a report goes. */
export interface ReportSinks {
  readonly quiet: boolean;
  readonly json: boolean;
  readonly file: string | null;
}

/** Runs one delivery; a failure is said in one line and stops no other. */
function delivered(deliver: () => void): boolean {
  try {
    deliver();
    return true;
  } catch (thrown) {
    say(`ERROR: ${CorralError.from(thrown).toLine()}`);
    return false;
  }
}

/**
 * Delivers a report, or several in one document, as a machine reads it: to stdout and to a file, as asked for.
 * @returns false when one of them could not be written
 */
export function deliverReport(report: RunReport | ReportsDocument, sinks: ReportSinks): boolean {
  const text = `${JSON.stringify(report, null, 2)}\n`;
  const { file } = sinks;
  const printed = !sinks.json || delivered(() => writeText(1, text));
  const filed = file === null || delivered(() => writeReportFile(file, text));
  return printed && filed;
}

/** Prints the summary of a finished job and its one-line record on stderr. */
export function printSummary(report: RunReport, sinks: ReportSinks): void {
  if (sinks.quiet) return;
  writeText(2, summaryText(report));
}
