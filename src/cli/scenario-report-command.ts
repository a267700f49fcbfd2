import { CorralError } from "../report/index.ts";
import { readScenarioDocuments } from "../scenario/archive/index.ts";
import type { ScenarioDocument } from "../scenario/results/index.ts";
import { htmlReport, junitReport, mergeRepeats, repeatText, textReport } from "../scenario/results/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { writeText } from "./output.ts";
import { writeReportFile } from "./report-file.ts";
import type { scenarioReportFlags } from "./scenario-result-flags.ts";

type ReportFlags = RawFlags<typeof scenarioReportFlags>;

/**
 * `corral scenario report FILE…`.
 * @returns 0
 * @throws CorralError USAGE, CONFIG, REPORT_UNWRITABLE
 */
export async function scenarioReportCommand(flags: ReportFlags, paths: readonly string[]): Promise<number> {
  checkReportFlags(flags, paths);
  const documents = paths.flatMap(readScenarioDocuments);
  if (flags.html !== undefined) writeOut(flags.html, htmlReport(documents), "the page");
  if (flags.junit !== undefined) writeOut(flags.junit, junitReport(documents), "the JUnit file");
  if (flags.text === true || (flags.html === undefined && flags.junit === undefined))
    writeText(1, documents.map(textReport).join("\n") + repeatsText(documents));
  return 0;
}

function checkReportFlags({ html, junit, text }: ReportFlags, paths: readonly string[]): void {
  const usage = (message: string, fix: string): CorralError => new CorralError("USAGE", message, { fix });
  if (paths.length === 0) throw usage("scenario report needs a FILE", "name a result of corral scenario run");
  if (html === "" || junit === "") throw usage("--html and --junit need the name of a file", "name one, or -");
  const onStdout = [html === "-", junit === "-", text === true].filter(Boolean).length;
  if (onStdout > 1)
    throw usage("only one of --html -, --junit - and --text can have stdout", "name files for the others");
}

function writeOut(path: string, text: string, what: string): void {
  if (path === "-") writeText(1, text);
  else writeReportFile(path, text, { what, mode: null });
}

/** Scenarios that ran more than once, as one. */
function repeatsText(documents: readonly ScenarioDocument[]): string {
  const names = [...new Set(documents.map(({ scenario }) => scenario))];
  return names
    .map((name) => documents.filter(({ scenario }) => scenario === name))
    .filter((runs) => runs.length > 1)
    .map((runs) => `\n${repeatText(mergeRepeats(runs))}`)
    .join("");
}
