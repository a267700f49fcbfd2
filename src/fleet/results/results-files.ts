import type { Aggregate } from "./aggregate.ts";
import type { FleetResults } from "./documents.ts";
import { hdrLog } from "./hdr-log.ts";
import { resultRows, resultTsv } from "./result-rows.ts";

/** A file of results: its name within the directory, and its text. */
export interface ResultFile {
  readonly name: string;
  readonly text: string;
}

export interface ResultsSubject {
  readonly run: string;
  readonly stage: "prepare" | "workload";
  readonly agents: readonly string[];
  readonly partial: boolean;
  /** When the work began, for who reads the histograms. */
  readonly startMs: number;
}

/** The document of a table of results. */
export function resultsDocument(work: Aggregate, subject: ResultsSubject): FleetResults {
  return {
    schema: "corral.fleet-results/1",
    run: subject.run,
    stage: subject.stage,
    agents: [...subject.agents],
    partial: subject.partial,
    wall_sec: work.wallMs / 1000,
    errors: Number(work.totals.errors),
    retries: Number(work.totals.retries),
    rows: [...resultRows(work.table, work.wallMs)],
  };
}

/** The table of results as tab-separated values and as JSON, and its histograms as other programs read them. */
export function resultFiles(work: Aggregate, subject: ResultsSubject): readonly ResultFile[] {
  const document = resultsDocument(work, subject);
  const stem = `${subject.stage}_results`;
  return [
    { name: `${stem}.tsv`, text: resultTsv(document.rows) },
    { name: `${stem}.json`, text: `${JSON.stringify(document, null, 2)}\n` },
    { name: `${subject.stage}.hlog`, text: hdrLog(work.table, { startMs: subject.startMs, lastsMs: work.wallMs }) },
  ];
}
