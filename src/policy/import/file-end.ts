import { readFileSync, statSync } from "node:fs";
import { errnoOf } from "../../report/index.ts";
import type { RecordFileFacts } from "../records/index.ts";
import { sidecarOf } from "../records/index.ts";

/** What the end of a file says, held against what was found; null: it is whole. */
export function endProblem(end: RecordFileFacts | null, found: { readonly records: number; readonly bytes: number }) {
  if (end === null) return "ends without the end of its run: it was cut, or is still written";
  if (end.records !== found.records || end.bytes !== found.bytes)
    return `has ${found.records} records in ${found.bytes} bytes, and by its end ${end.records} in ${end.bytes}`;
  return null;
}

/** The end of a CSV file, which stands beside it; null when there is none, or none that can be read. */
export function readSidecar(path: string): RecordFileFacts | null {
  try {
    const { file } = JSON.parse(readFileSync(sidecarOf(path), "utf8")) as { file?: Partial<RecordFileFacts> | null };
    return file != null && typeof file.records === "number" && typeof file.bytes === "number"
      ? (file as RecordFileFacts)
      : null;
  } catch (thrown) {
    if (errnoOf(thrown) === null && !(thrown instanceof SyntaxError)) throw thrown;
    return null;
  }
}

export const sizeOf = (path: string): number => statSync(path).size;
