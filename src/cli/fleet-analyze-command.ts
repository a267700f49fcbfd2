import { compareRuns, comparisonText, readRun, runsPage, runText } from "../fleet/analyze/index.ts";
import { CorralError } from "../report/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import type { fleetAnalyzeFlags } from "./fleet-flags.ts";
import { writeText } from "./output.ts";
import { checkReportPath, writeReportFile } from "./report-file.ts";

type Flags = RawFlags<typeof fleetAnalyzeFlags>;

/**
 * `corral fleet analyze DIR…`.
 * @returns 0
 * @throws CorralError USAGE, CONFIG, REPORT_UNWRITABLE
 */
export async function fleetAnalyzeCommand(flags: Flags, directories: readonly string[]): Promise<number> {
  const { compare = false, html, json = false } = flags;
  if (directories.length < (compare ? 2 : 1))
    throw new CorralError(
      "USAGE",
      `fleet analyze${compare ? " --compare" : ""} needs ${compare ? "two runs" : "a run"}`,
      {
        fix: "name directories that corral fleet run has made",
      },
    );
  if (html !== undefined) checkReportPath(html);
  const runs = directories.map(readRun);
  if (html !== undefined) writeReportFile(html, runsPage(runs), { what: "the page", mode: null });
  if (json) {
    const found = runs.map(({ directory, status, workload, prepare }) => ({ directory, status, workload, prepare }));
    writeText(1, `${JSON.stringify(compare ? compareRuns(runs) : found, null, 2)}\n`);
  } else if (compare) writeText(1, comparisonText(compareRuns(runs)));
  else if (html === undefined) writeText(1, runs.map(runText).join("\n"));
  return 0;
}
