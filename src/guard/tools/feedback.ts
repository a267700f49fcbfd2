import type { ToolFeedback, ToolRequest, ToolResult } from "../model/index.ts";
import { doubledBudget, formatMib, mib } from "../model/index.ts";

/** What feedback is made of. */
export interface FeedbackFacts {
  readonly kind: ToolFeedback["kind"];
  readonly peakBytes: number | null;
  /** The call's own cap; null: it had none, and the session or the host ran out. */
  readonly budgetBytes: number | null;
  /** The most that the session lets a call have; null: not bounded. */
  readonly ceilingBytes: number | null;
  /** The call's time limit. */
  readonly timeMs: number | null;
  /** What its kind usually needs, if that slowed it down. */
  readonly usualBytes: number | null;
  /** What its agent gives a hint by. */
  readonly hintBy: NonNullable<ToolRequest["hint_by"]>;
  /** Why it is not run again although its client wanted that; null: nobody did. */
  readonly notRetried: ToolResult["not_retried"];
}

/** Twice the budget, as far as the session lets it; null when that would be no more than now. */
function nextBudget(budget: number | null, ceiling: number | null): number | null {
  if (budget === null) return null;
  const next = doubledBudget(budget, ceiling);
  return next > budget ? next : null;
}

/** How to ask for so much. */
const asHint = ({ hintBy }: FeedbackFacts, bytes: number): string => `${hintBy}="memory:${Math.floor(bytes / mib)}m"`;

const smaller = "Narrow what the command works on, use less data at a time, or split it into steps";

function oomText(facts: FeedbackFacts, next: number | null): string {
  const { peakBytes, budgetBytes } = facts;
  const peak = peakBytes === null ? "" : ` Peak memory ${formatMib(peakBytes)}.`;
  if (budgetBytes === null)
    return `[Resource] The tool call was killed for lack of memory (exit 137): its session or the host had no more.${peak} ${smaller}.`;
  const more =
    next === null ? "this budget is the most that the session may have." : `or ask for more: ${asHint(facts, next)}.`;
  return `[Resource] The tool call was killed for lack of memory (exit 137).${peak} Its budget of ${formatMib(budgetBytes)} was used up. ${smaller}; ${more}`;
}

/** What became of the wish to run it again. */
const again: Readonly<Record<NonNullable<ToolResult["not_retried"]>, string>> = {
  "not-idempotent": " It was not run again: it is not marked as idempotent.",
  "not-own-budget": " It was not run again: a larger budget would not help.",
  "attempts-used": " It was run again as often as was allowed.",
  "no-headroom": " It was not run again: its session has no more memory for it.",
};

const timeText = ({ timeMs }: FeedbackFacts): string =>
  `[Resource] The tool call was killed after ${((timeMs ?? 0) / 1000).toFixed(1)} s, its limit of time. Do less at a time, or split it into steps.`;

function slowedText(facts: FeedbackFacts, next: number | null): string {
  const { peakBytes, usualBytes } = facts;
  const peak = peakBytes === null ? "" : ` Peak memory ${formatMib(peakBytes)}.`;
  const more = next === null ? "" : ` Say what it needs: ${asHint(facts, next)}.`;
  return `[Resource] The tool call was slowed down: it needed more than ${formatMib(usualBytes ?? 0)}, what calls of its kind usually need.${peak}${more}`;
}

/**
 * What the agent is told. A fixed text with numbers of its own call and session: it enters a model's context, where no text
 * of a command, a hint or another session may come through.
 */
export function makeFeedback(facts: FeedbackFacts): ToolFeedback {
  const base = { oom: facts.budgetBytes, timeout: null, slowed: facts.usualBytes }[facts.kind];
  const next = nextBudget(base, facts.ceilingBytes);
  const text = { oom: oomText, timeout: timeText, slowed: slowedText }[facts.kind](facts, next);
  const retried = facts.notRetried === null ? "" : again[facts.notRetried];
  return { kind: facts.kind, text: `${text}${retried}`, next_memory_bytes: next };
}
