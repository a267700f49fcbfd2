import type { IgnoredHint, ToolAttempt, ToolBudget, ToolRequest } from "../model/index.ts";
import type { CallGroup } from "./call-group.ts";

/** Who runs a call: the process that asked, and the connection whose end is the end of the call. */
export interface CallClient {
  readonly uid: number;
  readonly pid: number;
  readonly connection: AbortSignal;
}

/** A call that is not over. */
export interface RunningCall {
  readonly id: string;
  readonly session: string;
  readonly client: CallClient;
  readonly request: ToolRequest;
  /** Of its hint. */
  readonly ignored: readonly IgnoredHint[];
  /** Its runs before this one. */
  readonly earlier: readonly ToolAttempt[];
  readonly group: CallGroup;
  readonly budget: ToolBudget;
  readonly startNs: bigint;
  readonly startTime: string;
  /** For how long the session had been frozen before. */
  readonly frozenBeforeNs: bigint;
  readonly onGone: () => void;
  pid: number | null;
  timer: NodeJS.Timeout | null;
  timedOut: boolean;
  killedForMemory: boolean;
}
