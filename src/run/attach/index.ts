/**
 * run/attach/: governs processes that run already, and takes up jobs that another Corral left. Puts living processes
 * under limits, keeps on record what it changed, and undoes it. Knows nothing of flags, terminals or output.
 */

export type { AttachOptions } from "./attach.ts";
export { startAttach } from "./attach.ts";
export type { AttachPlanDocument, UpdateDocument } from "./documents.ts";
export { toAttachPlanDocument, toUpdateDocument } from "./documents.ts";
export { watchForExit } from "./exit-watch.ts";
export { jobOfProcess } from "./governed.ts";
export type { TargetFacts } from "./guards.ts";
export { refuseProtected, targetFacts } from "./guards.ts";
export { ourSelf } from "./ourselves.ts";
export type { AttachPlan, ManagedProcess, PlannedChange, PlannedMove } from "./plan-attach.ts";
export { planAttach } from "./plan-attach.ts";
export type { JoinedProcess, RefusedProcess, Selection } from "./select-targets.ts";
export { selectByComm, selectByPid } from "./select-targets.ts";
export type { AttachSpec } from "./spec.ts";
export { takeUpJob } from "./take-up.ts";
export { treeOf } from "./tree.ts";
export type { UpdateResult } from "./update.ts";
export { updateJob } from "./update.ts";
