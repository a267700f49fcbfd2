import type { ImportDocument } from "../policy/import/index.ts";
import { importRecords } from "../policy/import/index.ts";
import { CorralError, quote } from "../report/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { say, writeText } from "./output.ts";
import type { policyImportFlags } from "./policy-import-flags.ts";
import { renderPolicySummary } from "./policy-summary-text.ts";
import { corralVersion } from "./version.ts";

type ImportFlags = RawFlags<typeof policyImportFlags>;

const dialects = {
  csv: "CSV of Corral",
  jsonl: "JSON lines of Corral",
  original: "the original's CSV, 33 columns",
  oldest: "the original's CSV, 30 columns",
} as const;

const fileLine = ({ path, format, records, recovered, problem }: ImportDocument["files"][number]): string => {
  const names = recovered === 0 ? "" : `, ${recovered} with a comma or newline in a name`;
  return `${quote(path, 300)}: ${dialects[format]}, ${records} ${records === 1 ? "record" : "records"}${names}${problem === null ? "" : `; ${problem}`}\n`;
};

/** @throws CorralError USAGE for two outputs on one stdout */
function checkFlags(flags: ImportFlags, paths: readonly string[]): void {
  const usage = (message: string, fix: string): CorralError => new CorralError("USAGE", message, { fix });
  if (paths.length === 0) throw usage("policy import needs a FILE", "name files of records");
  const onStdout = [flags.csv === "-", flags.jsonl === "-", flags.json === true].filter(Boolean).length;
  if (onStdout > 1)
    throw usage("only one of --csv -, --jsonl - and --json can have stdout", "name files for the others");
  if (flags.csv === "" || flags.jsonl === "")
    throw usage("--csv and --jsonl need the name of a file", "name one, or -");
}

/**
 * `corral policy import`: reads files of records, the original's included.
 * @returns 0
 * @throws CorralError USAGE, RECORDS_UNREADABLE, RECORDS_FOREIGN, RECORDS_UNWRITABLE
 */
export async function policyImportCommand(flags: ImportFlags, paths: readonly string[]): Promise<number> {
  checkFlags(flags, paths);
  const place = (path: string | undefined): string | null => (path === "-" ? "/dev/stdout" : (path ?? null));
  const document = await importRecords({
    paths,
    csvPath: place(flags.csv),
    jsonlPath: place(flags.jsonl),
    partial: flags.partial === true,
    corralVersion: corralVersion(),
  });
  const recordsOnStdout = flags.csv === "-" || flags.jsonl === "-";
  for (const file of document.files) if (file.problem !== null) say(fileLine(file).trimEnd());
  if (flags.json === true) writeText(1, `${JSON.stringify(document, null, 2)}\n`);
  else if (!recordsOnStdout)
    writeText(1, document.files.map(fileLine).join("") + renderPolicySummary(document.summary));
  return 0;
}
