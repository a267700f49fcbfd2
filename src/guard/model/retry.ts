import { formatMib } from "./mib.ts";
import type { ToolResult } from "./tool-documents.ts";

/** Most times that a call is run again. */
export const mostRetries = 2;

/** Less than a quarter more is not worth another run. */
const leastGrowth = 1.25;

/** What is known when a call has ended. */
export interface RetryFacts {
  /** How often the client wants it run again at most. */
  readonly asked: number;
  /** Whether the client says that running it twice does no harm. */
  readonly idempotent: boolean;
  /** 1 for the first run. */
  readonly attempt: number;
  readonly reason: ToolResult["reason"];
  /** Whether memory.events says that the call's own cap was used up. */
  readonly ownOom: boolean;
  /** The call's own cap; null: it had none. */
  readonly budgetBytes: number | null;
  /** The most that the session lets a call have; null: not bounded. */
  readonly ceilingBytes: number | null;
  /** What the session has free now that the call is gone; null: not bounded. */
  readonly headroomBytes: number | null;
}

/** Whether the client is to run the call again. */
export type RetryPlan = Pick<ToolResult, "retry" | "not_retried">;

const refused = (not_retried: ToolResult["not_retried"]): RetryPlan => ({ retry: null, not_retried });

/** Twice a budget, as far as it may go. */
export const doubledBudget = (budgetBytes: number, ...bounds: readonly (number | null)[]): number =>
  Math.min(budgetBytes * 2, ...bounds.map((one) => one ?? Number.POSITIVE_INFINITY));

/**
 * Whether a call is to be run again, and with how much memory (R14): only when the kernel counted that its own budget was
 * used up, only when its client said that running it twice does no harm, and never with more than the session has free.
 */
export function planRetry(facts: RetryFacts): RetryPlan {
  const { asked, attempt, budgetBytes } = facts;
  if (asked === 0 || facts.reason !== "oom") return refused(null);
  if (!facts.idempotent) return refused("not-idempotent");
  if (!facts.ownOom || budgetBytes === null) return refused("not-own-budget");
  if (attempt > asked) return refused("attempts-used");
  const memory_bytes = doubledBudget(budgetBytes, facts.ceilingBytes, facts.headroomBytes);
  if (memory_bytes < budgetBytes * leastGrowth) return refused("no-headroom");
  const text = `[Resource] The tool call was killed for lack of memory: its budget of ${formatMib(budgetBytes)} was used up. It is run again with ${formatMib(memory_bytes)}, attempt ${attempt + 1} of ${asked + 1}.`;
  return { retry: { memory_bytes, text }, not_retried: null };
}
