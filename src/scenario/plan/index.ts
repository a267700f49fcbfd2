/**
 * scenario/plan/: from a scenario to its settled plan, and the plan as a document. Calls the modules that make groups, and loads those of workers; else
 * nothing here has effects.
 */
export { describeCondition } from "./condition-text.ts";
export type {
  OpDocument,
  PlanDocument,
  ScenarioPlanDocument,
  SchedulerDocument,
  StepDocument,
} from "./document.ts";
export { toPlanDocument } from "./document.ts";
export type { SetupContext, SetupFunction } from "./expand-setups.ts";
export type { GroupDocument, WorkDocument } from "./group-document.ts";
export { objectOf } from "./op-text.ts";
export type { PlanOptions, ScenarioPlan } from "./plan-scenario.ts";
export { loadScenarioFor, planScenario, planScenarioFile } from "./plan-scenario.ts";
