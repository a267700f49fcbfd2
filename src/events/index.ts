/**
 * events/: what happens to the processes of this host: fork, exec and exit as one stream, whatever source can be had;
 * on request also which files they open and what is typed into shells.
 * What may enter: kernel records and looks at /proc. What it may not know: jobs, rules, limits, output. It
 * imports kernel/ and report/ only.
 */

export type { EventSource, LossCause, SourceCounters } from "./event-source.ts";
export type { FeedItem, FeedOrigin } from "./feed-item.ts";
export { groupsMost } from "./feed-item.ts";
export type {
  ExecEvent,
  ExecutedProgram,
  ExitEvent,
  ForkEvent,
  LifecycleEvent,
  ProcessOwner,
  SourceName,
} from "./lifecycle-event.ts";
export type { LiveFeed, LiveFeedOptions } from "./live-feed.ts";
export { findGroup, openLiveFeed } from "./live-feed.ts";
export type {
  EventsDocument,
  LineInJson,
  MonitorCounts,
  MonitorLine,
  MonitorOptions,
  StartLine,
} from "./monitor/index.ts";
export { EventMonitor, startLine } from "./monitor/index.ts";
export type {
  CgroupFilter,
  OpenedSource,
  OpenSourceOptions,
  RefusedSource,
  TraceSourceOptions,
  UnmetWish,
} from "./open-source.ts";
export { openEventSource, openTraceSource } from "./open-source.ts";
export type { EventRecording, RecordedFeed } from "./recording/index.ts";
export { openEventRecording, readEventRecording } from "./recording/index.ts";
export type { FileOpenEvent, ReadlineEvent, TraceEvent } from "./trace-event.ts";
