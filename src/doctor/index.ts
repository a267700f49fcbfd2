/**
 * doctor/: what this host can do for Corral, found by probing: each capability with the probe, what it saw and what
 * follows. A judgement is pure (facts in, finding out); gathering is small, harmless and leaves nothing behind.
 * Imports cgroup/, kernel/ and report/; knows nothing of jobs, flags or terminals.
 */
export type { DoctorDocument } from "./document.ts";
export { toDocument } from "./document.ts";
export type { Examination } from "./examine.ts";
export { examineHost } from "./examine.ts";
export type { Finding, FindingGroup, FindingStatus } from "./finding.ts";
export type { ExamineRequest } from "./host.ts";
export type { LimitVerdict } from "./limits.ts";
export type { Look } from "./render.ts";
export { plainLook, renderReport } from "./render.ts";
export type { VmFacts } from "./vm.ts";
export { judgeVm } from "./vm.ts";
