/*
 * The clocks of a controller or an agent. It knows what time it is, and nothing else.
 */
export type { FleetClock } from "./fleet-clock.ts";
export { systemClock } from "./fleet-clock.ts";
