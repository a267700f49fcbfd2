/**
 * events/: what happens to the processes of this host: fork, exec and exit as one stream, whatever source can be had.
 * What may enter: kernel records and looks at /proc. What it may not know: jobs, rules, limits, output. It
 * imports kernel/ and report/ only.
 */

export type { EventSource, LossCause, SourceCounters } from "./event-source.ts";
export type { ExecEvent, ExitEvent, ForkEvent, LifecycleEvent, SourceName } from "./lifecycle-event.ts";
export type { OpenedSource, OpenSourceOptions, RefusedSource } from "./open-source.ts";
export { openEventSource } from "./open-source.ts";
