/**
 * arena/: memory of this process of which cold parts are compressed and given back to the kernel, and come back when they are
 * used. A library that any program can embed: `import { createArena } from "corral/arena"`. What may enter: the kernel's memory
 * calls and the codec, by kernel/. What it may not know: jobs, groups, policies, sockets, output. It imports kernel/ and report/ only.
 */

export type { LatencyFigures } from "../report/index.ts";
export { CorralError } from "../report/index.ts";
export type { Arena, Phase, SlicedOptions } from "./arena.ts";
export { createArena } from "./arena.ts";
export type { BackgroundOptions } from "./background-options.ts";
export type { CounterName, Counters } from "./counters.ts";
export { counterNames } from "./counters.ts";
export type { ArenaMeasurement } from "./measure.ts";
export type { ArenaOptions } from "./options.ts";
export type { PrefetchResult } from "./prefetch.ts";
export type { ByteRange, Region, TouchOp } from "./region.ts";
export type { ArenaGauges, ArenaRatios, ArenaStats } from "./stats.ts";
export type { CompressResult } from "./sweep.ts";
export type { ArenaTarget, RegionRange } from "./target.ts";
