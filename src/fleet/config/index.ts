/*
 * Files of `corral fleet run`: their schema, and what they come to: which agents do what, within which limits. Pure; loads
 * YAML and schemas.
 */
export type { FleetFile } from "./fleet-file.ts";
export { fleetFileSchema } from "./fleet-file.ts";
export { parseFleetFile } from "./load.ts";
export type { FleetPlan, PlanContext, PlannedAgent } from "./plan-fleet.ts";
export { hasWork, planFleet } from "./plan-fleet.ts";
