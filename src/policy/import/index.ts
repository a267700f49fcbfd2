/**
 * policy/import: files of records are read again, those of the original included. What may enter: paths. What it may not know:
 * how records come about. Apart from policy/records, so that who only writes loads no CSV parser.
 */
export type { ImportDocument, ImportOptions } from "./import-records.ts";
export { importRecords } from "./import-records.ts";
export type { ImportedFile } from "./read-record-file.ts";
export { readRecordFile } from "./read-record-file.ts";
