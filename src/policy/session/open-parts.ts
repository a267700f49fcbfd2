import { bootId } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import type { EnrolmentServer } from "../enrolment/index.ts";
import { serveEnrolments } from "../enrolment/index.ts";
import type { EnrolmentChange } from "../model/index.ts";
import type { RecordWriter } from "../records/index.ts";
import { openRecords } from "../records/index.ts";
import type { RecordingHeader } from "../replay/index.ts";
import { PolicyRecording, recordingSchema } from "../replay/index.ts";
import type { Rule } from "../rules/index.ts";
import type { PolicySessionOptions } from "./session-options.ts";

/** The recording that was asked for. @throws CorralError as PolicyRecording does */
export function openRecording(
  { recordPath, version, onEvent }: PolicySessionOptions,
  known: Omit<RecordingHeader, "schema" | "corral">,
): PolicyRecording | null {
  if (recordPath === null) return null;
  const recording = new PolicyRecording(recordPath, { schema: recordingSchema, corral: version, ...known }, (error) =>
    onEvent({ event: "warning", message: `the recording ends here: ${error.message}` }),
  );
  const { movedTo } = recording;
  if (movedTo !== null)
    onEvent({ event: "warning", message: `the recording that was in ${recordPath} is in ${movedTo} now` });
  return recording;
}

/**
 * The sockets on which workloads enrol. Without the addon nobody can, which matters only to rules that want workloads.
 * @throws CorralError as serveEnrolments does
 */
export function openEnrolments(
  { socket, legacySocket, gid, onEvent }: PolicySessionOptions,
  rules: readonly Rule[],
  onChange: (change: EnrolmentChange) => void,
): EnrolmentServer | null {
  try {
    return serveEnrolments({ socket, legacySocket, gid, onChange });
  } catch (thrown) {
    const { code, message } = CorralError.from(thrown);
    if (code !== "NATIVE_MISSING" || rules.some(({ select }) => select.enrolment !== "any")) throw thrown;
    onEvent({ event: "warning", message: `nobody can enrol: ${message}` });
    return null;
  }
}

/** The files of records. @throws CorralError as openRecords does */
export function openSessionRecords(options: PolicySessionOptions, runId: string): RecordWriter {
  const { csvPath, jsonlPath, rotateBytes, host, version, onEvent } = options;
  const run = { runId, bootId: bootId(), host, corralVersion: version, startedWallMs: Date.now() };
  const records = openRecords({
    ...{ run, csvPath, jsonlPath, rotateBytes },
    onError: (error) => onEvent({ event: "warning", message: error.toLine() }),
  });
  for (const { path, to } of records.moved)
    onEvent({ event: "warning", message: `the records that were in ${path} are in ${to} now` });
  return records;
}
