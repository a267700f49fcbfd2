/**
 * guard/model/: the words of `corral guard`: classes and settings of sessions, hints of tool calls and what they are
 * granted, the file as it is written. Pure but for the file it is told to read. What it may not know: groups, processes,
 * sockets.
 */

export { toAdoptRequest } from "./adopt-request.ts";
export type { RunningCallDocument, SessionBudget, SessionPressure } from "./budget-document.ts";
export type { CommandClass } from "./command-class.ts";
export { classOfCommand, toolName } from "./command-class.ts";
export { checkGuardConfig, loadGuardConfig, parseGuardConfig, plainGuardConfig } from "./config.ts";
export { guardConfigSchema } from "./config-schema.ts";
export type { GuardConfig, PlacementRule, Tenant } from "./config-types.ts";
export type { CpuSettings } from "./cpu-settings.ts";
export { cpuBackends } from "./cpu-settings.ts";
export type {
  AdoptDocument,
  AdoptRequest,
  CpuFallback,
  CreateRequest,
  ErrorDocument,
  GuardStatus,
  LimitsRequest,
  MemoryStatus,
  SessionDocument,
  SessionRequest,
  TokenDocument,
  ToolsRequest,
} from "./documents.ts";
export type { Hint, HintReading, IgnoredPart } from "./hint.ts";
export { checkHintValue, expectedOf, readHint } from "./hint.ts";
export { inGuardWords } from "./limit-words.ts";
export type { MemoryPolicy, MemorySettings, MemoryThresholds } from "./memory-settings.ts";
export { memoryPolicies, memoryThresholds, plainMemory } from "./memory-settings.ts";
export { formatMib, mib } from "./mib.ts";
export type { CallsReport, SessionReport } from "./report-document.ts";
export type { RetryFacts, RetryPlan } from "./retry.ts";
export { doubledBudget, planRetry } from "./retry.ts";
export type { SessionClass } from "./session-class.ts";
export { sessionClasses } from "./session-class.ts";
export type { CallRecord } from "./session-report.ts";
export { reportSession } from "./session-report.ts";
export { changeSession, judgeRequest, toCreateRequest, toNewSession, toSessionRequest } from "./session-request.ts";
export type {
  BackgroundPolicy,
  GroupSetting,
  SessionOrigin,
  SessionSpec,
  ToolCeilings,
  ToolSettings,
} from "./session-settings.ts";
export type { Bounded } from "./tenant-bounds.ts";
export { boundToTenant } from "./tenant-bounds.ts";
export type { BudgetPart, ToolBudget } from "./tool-budget.ts";
export { planBudget } from "./tool-budget.ts";
export type {
  HintKey,
  IgnoredHint,
  ToolAttempt,
  ToolDocument,
  ToolExit,
  ToolFeedback,
  ToolRequest,
  ToolResult,
} from "./tool-documents.ts";
export { hintKeys } from "./tool-documents.ts";
export { toToolExit, toToolJoin, toToolRequest } from "./tool-request.ts";
export { usualBytes } from "./usual-need.ts";
