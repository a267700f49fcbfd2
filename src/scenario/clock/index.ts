/**
 * scenario/clock/: time as everything that waits in a run is given it, and waits that end. What may enter: promises and durations. What
 * it may not know: what is waited for.
 */
export type { Clock } from "./clock.ts";
export { settlesWithin, systemClock } from "./clock.ts";
