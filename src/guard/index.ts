/**
 * guard/: isolation for the sessions of AI agents on one host: the daemon, its clients, its tool calls. Stands on policy,
 * run and what is below; knows nothing of flags, terminals or output.
 */
export type { CpuBackendName } from "../cgroup/cpu/index.ts";
export type { GuardEventDocument, GuardOptions, OnStop } from "./daemon/index.ts";
export { GuardDaemon } from "./daemon/index.ts";
export type { AskedRun, ReadServedRun, ServedRun } from "./jobs/index.ts";
export type { DoneDecision, FaultSettings, ProtectionStatus } from "./memory/index.ts";
export { decisionFacts, MemoryControl } from "./memory/index.ts";
export type { MemoryPolicy } from "./model/index.ts";
export { cpuBackends, guardConfigSchema, loadGuardConfig, parseGuardConfig, plainMemory } from "./model/index.ts";
export { findGuardRoot } from "./tree/index.ts";
