/**
 * run/: governs one process. Turns a spec into a plan, makes the group, starts the workload in it, waits, and
 * says what happened. Imports cgroup/, kernel/ and report/; knows nothing of flags, terminals or output streams.
 */

export { replaceDurableFile } from "../kernel/files/index.ts";
export type { UserEntry } from "../kernel/index.ts";
export { groupsOf, lookUpGroup, lookUpUser } from "../kernel/index.ts";
export type { JobParent, StartMoment, StartOptions } from "./attempt.ts";
export { exitIsKnown, exitStatusOf } from "./exit-status.ts";
export { foreseeStart } from "./foresee-start.ts";
export { collectGarbage } from "./gc.ts";
export { gatherHostFacts } from "./host-facts.ts";
export { checkJobId, generateJobId } from "./job-id.ts";
export type { Clock } from "./job-log.ts";
export type { PlacementPlan } from "./placement-plan.ts";
export { planPlacement } from "./placement-plan.ts";
export type { HostFacts, RunPlan } from "./plan.ts";
export type { RecordAhead } from "./record-ahead.ts";
export { RunningJob } from "./running-job.ts";
export type { IoPriority, ProcessAttributes, Rlimit, RlimitName, RunSpec, SchedPolicy } from "./spec.ts";
export { noAttributes } from "./spec.ts";
export { startErrorOf } from "./start-error.ts";
export type { AdoptedProcess, StartRecord } from "./start-record.ts";
export type { StartResult } from "./start-run.ts";
export { startRun } from "./start-run.ts";
export type { StateDirectories } from "./state-dir.ts";
export { stateDirectories } from "./state-dir.ts";
export { describeOutcome, jobLine, summarize, summaryText } from "./summary.ts";
