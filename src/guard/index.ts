/**
 * guard/: isolation for the sessions of AI agents on one host: the daemon, its clients, its tool calls. Stands on policy,
 * run and what is below; knows nothing of flags, terminals or output.
 */
export type { CpuBackendName } from "../cgroup/cpu/index.ts";
export type { GuardEventDocument, GuardEventLine, GuardOptions, OnStop } from "./daemon/index.ts";
export { checkGuardFile, GuardDaemon } from "./daemon/index.ts";
export type { AskedRun, ReadServedRun, ServedRun } from "./jobs/index.ts";
export type { DoneDecision, FaultSettings, ProtectionStatus } from "./memory/index.ts";
export { decisionActions, decisionFacts, decisionReasons, MemoryControl, stages } from "./memory/index.ts";
export type { MemoryPolicy } from "./model/index.ts";
export { cpuBackends, guardConfigSchema, parseGuardConfig, plainMemory } from "./model/index.ts";
export type { ToolLogLine } from "./tools/index.ts";
export { findGroup } from "./tree/index.ts";
