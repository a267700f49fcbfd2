import type { EngineHost } from "./host.ts";
import type { Remembered } from "./input.ts";
import { recordOfNoRule } from "./missed-end.ts";
import type { Roster } from "./roster.ts";
import type { ActiveRule } from "./rules-in-force.ts";
import { isSelected } from "./selection.ts";
import type { Tracked } from "./tracked.ts";

/** Gives a process that ran already to the rules: to those that had it in an earlier run as that one left it. */
export function resumeCases(
  tracked: Tracked,
  remembered: Remembered | null,
  rules: readonly ActiveRule[],
  roster: Roster,
  host: EngineHost,
): void {
  const { kept = [], done = [] } = remembered ?? {};
  for (const active of rules) {
    const { name } = active.rule;
    const before = kept.find(({ rule }) => rule === name) ?? null;
    const isDone = done.includes(name);
    const isPending = before !== null && before.deadlineNs !== null && !before.acting;
    const origin = isPending ? "restored" : before !== null || isDone ? "resumed" : "adopted";
    if (before !== null || isDone || isSelected(active.rule, tracked)) roster.open(active, tracked, origin, before);
  }
  const names = new Set(rules.map(({ rule }) => rule.name));
  for (const one of kept) if (!names.has(one.rule)) recordOfNoRule(one, host);
}
