/**
 * scenario/plan/: from a scenario to its settled plan, and the plan as a document. Calls the modules that make groups; else
 * nothing here has effects.
 */
export type { SetupContext, SetupFunction } from "./expand-setups.ts";
export { expandSetups } from "./expand-setups.ts";
export type { PlanOptions, ScenarioPlan } from "./plan-scenario.ts";
export { planScenario, planScenarioFile } from "./plan-scenario.ts";
