/**
 * policy/replay/: what a policy was told and decided, kept in a file, and decided again: the same by the same rules, or what
 * others would have done. What may enter: inputs and decisions of the engine. What it may not know: clocks, the kernel.
 */
export { decodePlain, encodePlain } from "./plain-json.ts";
export type { RecordedPolicy } from "./read-recording.ts";
export { readRecording } from "./read-recording.ts";
export type { RecordingHeader } from "./recording.ts";
export { PolicyRecording, recordingSchema } from "./recording.ts";
export { replayPolicy } from "./replay.ts";
export type { PolicyTestDocument } from "./test-document.ts";
export { toTestDocument } from "./test-document.ts";
