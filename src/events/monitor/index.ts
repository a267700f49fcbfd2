/**
 * events/monitor/: what `corral events` tells of a feed: whom to follow, filters, shortest lifetime, folding and limiting of
 * opened files, as lines of data. What may enter: feed items and options. What it may not know: sources, files, clocks,
 * how lines are printed. Pure.
 */

export type { MonitorCounts } from "./event-monitor.ts";
export { EventMonitor } from "./event-monitor.ts";
export { startLine } from "./make-line.ts";
export type { Emit, EventsDocument, LineInJson, MonitorLine, StartLine } from "./monitor-line.ts";
export type { MonitorOptions, TreeSelection } from "./monitor-options.ts";
