/**
 * policy/session/: a policy at work: the engine with the real events, workloads, actions and records around it. What may enter:
 * rules, paths. What it may not know: flags, output.
 */
export type { ProcessVerdict, RuleVerdict } from "./explain-process.ts";
export { explainProcess } from "./explain-process.ts";
export type { PolicyEvent, PolicyProgress } from "./policy-event.ts";
export type { PolicyEventDocument } from "./policy-event-document.ts";
export { subjectName, toPolicyEventDocument } from "./policy-event-document.ts";
export { PolicySession } from "./policy-session.ts";
export type { PolicySessionOptions } from "./session-options.ts";
export { staleStates } from "./stale-states.ts";
