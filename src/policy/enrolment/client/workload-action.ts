import type { AckStats, JsonValue } from "../../model/index.ts";

/** What a workload is asked to do. */
export interface WorkloadAction {
  /** The same id means the same request: it is never run twice. */
  readonly requestId: string;
  /** One of the verbs that were offered. */
  readonly verb: string;
  /** Untrusted, as everything that comes from another process. */
  readonly params: { readonly [key: string]: JsonValue };
  /** CLOCK_MONOTONIC after which it is not begun any more. */
  readonly expiresNs: bigint;
  /** CLOCK_MONOTONIC of its arrival here. */
  readonly receivedNs: bigint;
}

/** What came of it: done, with or without statistics, or not, and why. Nothing at all means done without statistics. */
export type ActionAnswer =
  | { readonly done: true; readonly stats: AckStats | null }
  /** `code`: `refused`, `failed`, or a word of the workload's own. */
  | { readonly done: false; readonly code: string; readonly message: string };

/** Does an action. What it throws or rejects with becomes an answer of code `failed`. */
export type OnAction = (action: WorkloadAction) => ActionAnswer | undefined | Promise<ActionAnswer | undefined>;
