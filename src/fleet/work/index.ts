/*
 * What an agent does in a run: programs under limits, and scenarios, each judged by the policy of its host before anything
 * is done. What may enter: assignments. What it may not know: streams, and the states of an agent.
 */
export { commandSchema } from "./command-schema.ts";
export type { HostPolicy } from "./host-policy.ts";
export { allAllowed, nothingAllowed } from "./host-policy.ts";
export { loadWorkSchema } from "./make-load.ts";
export { mostStages } from "./make-stages.ts";
export { workKinds, workMaker } from "./make-work.ts";
export { hostPolicySchema, loadHostPolicy } from "./policy-file.ts";
export type { BegunWork, Work, WorkEnd, WorkMaker, WorkStage } from "./work.ts";
export type { WorkResult } from "./work-result.ts";
