/*
 * The built-in load generators: memory, files, HTTP; so many operations at a time, or so many a second. Latencies count from
 * when an operation was due, so that a stall shows in those it held up. What may enter: a configuration and an agent's part
 * of the work. What it may not know: controllers and streams.
 */
export type { LoadConfig } from "./load-config.ts";
export { loadSchema } from "./load-config.ts";
export type { LoadLine } from "./load-lines.ts";
export { parseLoadLine } from "./load-lines.ts";
export { LoadRun } from "./load-run.ts";
export type { LoadPart } from "./target.ts";
