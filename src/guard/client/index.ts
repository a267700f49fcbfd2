/**
 * guard/client/: what programs speak to `corral guard` with; the SDK `corral/guard`. What may enter: the documents of the
 * guard as types. What it may not know: the daemon; it loads no schemas and no addon.
 */
export { CorralError } from "../../report/index.ts";
export type { RunningCallDocument, SessionBudget, SessionPressure } from "../model/budget-document.ts";
export type {
  AdoptDocument,
  AdoptRequest,
  CreateRequest,
  GuardStatus,
  LimitsRequest,
  MemoryStatus,
  SessionDocument,
  SessionRequest,
  TokenDocument,
  ToolsRequest,
} from "../model/documents.ts";
export type { CallsReport, SessionReport } from "../model/report-document.ts";
export type { SessionClass } from "../model/session-class.ts";
export type {
  HintKey,
  IgnoredHint,
  ToolAttempt,
  ToolDocument,
  ToolExit,
  ToolFeedback,
  ToolRequest,
  ToolResult,
} from "../model/tool-documents.ts";
export type { GuardClientOptions, GuardNotice } from "./client.ts";
export { GuardClient } from "./client.ts";
export { defaultGuardSocket } from "./connection.ts";
