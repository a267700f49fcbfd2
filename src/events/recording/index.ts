/**
 * events/recording/: a feed of events in a file, and back, nothing lost: JSON lines with a first line that names their form
 * and a last one that shows that nothing was cut off. What may enter: feed items. What it may not know: filters, output.
 */

export type { ItemOrigin } from "./decode-item.ts";
export { decodeFeedItem } from "./decode-item.ts";
export { encodeFeedItem } from "./encode-item.ts";
export type { RecordedFeed } from "./read-recording.ts";
export { readEventRecording } from "./read-recording.ts";
export type { EventRecording } from "./write-recording.ts";
export { openEventRecording } from "./write-recording.ts";
