import type { FleetComparison, StoredRun } from "../fleet/analyze/index.ts";
import { compareRuns, comparisonText, findRuns, readRun, runsPage, runText } from "../fleet/analyze/index.ts";
import { CorralError } from "../report/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import type { fleetAnalyzeFlags } from "./fleet-flags.ts";
import { writeText } from "./output.ts";
import { checkReportPath, writeReportFile } from "./report-file.ts";

type Flags = RawFlags<typeof fleetAnalyzeFlags>;

const tooFewRuns = (compare: boolean): CorralError =>
  new CorralError("USAGE", `fleet analyze${compare ? " --compare" : ""} needs ${compare ? "two runs" : "a run"}`, {
    fix: "name directories that corral fleet run has made, or one that they are in",
  });

/** The library that makes workbooks is loaded by who wants one. */
async function writeWorkbook(
  path: string,
  runs: readonly StoredRun[],
  comparison: FleetComparison | null,
): Promise<void> {
  const { runsWorkbook } = await import("../fleet/analyze/workbook/index.ts");
  writeReportFile(path, await runsWorkbook(runs, comparison), { what: "the workbook", mode: null });
}

/**
 * `corral fleet analyze DIR…`.
 * @returns 0
 * @throws CorralError USAGE, CONFIG, REPORT_UNWRITABLE
 */
export async function fleetAnalyzeCommand(flags: Flags, directories: readonly string[]): Promise<number> {
  const { compare = false, html, xlsx, json = false } = flags;
  for (const path of [html, xlsx]) if (path !== undefined) checkReportPath(path);
  const found = directories.flatMap(findRuns);
  if (found.length < (compare ? 2 : 1)) throw tooFewRuns(compare);
  const runs = found.map(readRun);
  const comparison = compare ? compareRuns(runs) : null;
  if (html !== undefined) writeReportFile(html, runsPage(runs, comparison), { what: "the page", mode: null });
  if (xlsx !== undefined) await writeWorkbook(xlsx, runs, comparison);
  if (json) {
    const all = runs.map(({ directory, status, stages }) => ({
      directory,
      status,
      stages: stages.map(({ name, workload, prepare }) => ({ name, workload, prepare })),
    }));
    writeText(1, `${JSON.stringify(comparison ?? all, null, 2)}\n`);
  } else if (comparison !== null) writeText(1, comparisonText(comparison));
  else if (html === undefined && xlsx === undefined) writeText(1, runs.map(runText).join("\n"));
  return 0;
}
