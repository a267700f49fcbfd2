/*
 * A fleet run on a real clock and real streams: the host of the controller's machine. What may enter: a dialer of any
 * transport. What it may not know: flags, files, output.
 */
export type { ConductorOptions } from "./conductor.ts";
export { Conductor } from "./conductor.ts";
