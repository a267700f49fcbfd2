/**
 * policy/records: one record per attempt, as CSV that readers of the original take and as JSON lines, with a summary that is
 * also the mark that a file is whole. What may enter: attempts and paths. What it may not know: rules, events, enrolments, and
 * how files of records are read again (policy/import does).
 */
export type { RunFacts } from "./attempt-record.ts";
export type { CellKind } from "./cell-kinds.ts";
export { spellings } from "./cell-kinds.ts";
export type { AttemptRecord, Column } from "./columns.ts";
export { attemptSchema, columns, laterColumns, originalCount } from "./columns.ts";
export { csvCell, headers } from "./csv-line.ts";
export { escapeText, unescapeText } from "./escape-text.ts";
export type { RecordsOptions, RecordWriter } from "./open-records.ts";
export { openRecordFiles, openRecords } from "./open-records.ts";
export { sidecarOf } from "./record-format.ts";
export type { RunEnd } from "./run-tally.ts";
export { RunTally } from "./run-tally.ts";
export type { PolicySummary, RecordFileFacts, RuleSummary } from "./summary.ts";
export { summarySchema } from "./summary.ts";
