import type { ScenarioDocument } from "../scenario/results/index.ts";
import { htmlReport, junitReport, mergeRepeats, repeatText, textReport } from "../scenario/results/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { writeText } from "./output.ts";
import { writeReportFile } from "./report-file.ts";
import type { scenarioRunFlags } from "./scenario-flags.ts";

const json = (documents: readonly ScenarioDocument[]): string =>
  `${JSON.stringify(documents.length === 1 ? documents[0] : documents, null, 2)}\n`;

/** Writes what came of a run to where its user wants it. @throws CorralError REPORT_UNWRITABLE */
export function writeScenarioReports(
  documents: readonly ScenarioDocument[],
  flags: RawFlags<typeof scenarioRunFlags>,
): void {
  if (flags.report !== undefined) writeReportFile(flags.report, json(documents));
  if (flags.html !== undefined) writeReportFile(flags.html, htmlReport(documents));
  if (flags.junit !== undefined) writeReportFile(flags.junit, junitReport(documents));
  if (flags.json === true) return writeText(1, json(documents));
  for (const document of documents) writeText(1, textReport(document));
  if (documents.length > 1) writeText(1, repeatText(mergeRepeats(documents)));
}
