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
  readonly part: "prepare" | "workload";
  /** Of a run with stages: what names of files begin with, and which stage it is, from 1; null: it has only one. */
  readonly stem: string | null;
  readonly stageName: string | null;
  readonly stageNumber: number | null;
  readonly agents: readonly string[];
  readonly partial: boolean;
  /** When the work began, for who reads the histograms. */
  readonly startMs: number;
}

/** What the names of a stage's files begin with, by its name and its number from 1: `01_fill`. */
export const stageStem = (name: string, number: number): string => `${String(number).padStart(2, "0")}_${name}`;

/** What the names of its files begin with: `workload`, or of a stage `01_fill` and `01_fill_prepare`. */
export function resultStem({ stem, part }: Pick<ResultsSubject, "stem" | "part">): string {
  if (stem === null) return part;
  return part === "workload" ? stem : `${stem}_prepare`;
}

/** The document of a table of results. */
export function resultsDocument(work: Aggregate, subject: ResultsSubject): FleetResults {
  return {
    schema: "corral.fleet-results/1",
    run: subject.run,
    stage: subject.part,
    stage_number: subject.stageNumber,
    stage_name: subject.stageName,
    agents: [...subject.agents],
    partial: subject.partial,
    wall_sec: work.wallMs / 1000,
    errors: Number(work.totals.errors),
    retries: Number(work.totals.retries),
    rows: [...resultRows(work.table, work.wallMs)],
  };
}

/** The table of results as tab-separated values and as JSON, and its histograms as other programs read them. */
export function resultFiles(document: FleetResults, work: Aggregate, subject: ResultsSubject): readonly ResultFile[] {
  const name = resultStem(subject);
  return [
    { name: `${name}_results.tsv`, text: resultTsv(document.rows) },
    { name: `${name}_results.json`, text: `${JSON.stringify(document, null, 2)}\n` },
    { name: `${name}.hlog`, text: hdrLog(work.table, { startMs: subject.startMs, lastsMs: work.wallMs }) },
  ];
}
