import { expect, test } from "vitest";
import { canUpdate } from "./change-rule.ts";
import { parseWatchConfig } from "./config.ts";
import type { WatchRule } from "./config-types.ts";

/** The rule that this text has below `match`. */
function ruleOf(rest: string): WatchRule {
  const text = `version: 1\nrules:\n  - { name: r, match: { comm: x }, ${rest} }\n`;
  const [rule] = parseWatchConfig(text, "test.yaml").rules;
  if (rule === undefined) throw new Error("no rule");
  return rule;
}

const changes = (before: string, now: string): boolean => canUpdate(ruleOf(before), ruleOf(now));

test("a limit with another value, or one more, is changed in place", () => {
  expect(
    [
      ["limits: { cpu-quota: 50 }", "limits: { cpu-quota: 20 }"],
      ["limits: { cpu-quota: 50 }", "limits: { cpu-quota: 50, memory-limit: 64M, nice: 5 }"],
      ["limits: { rlimit: [core=0] }", "limits: { rlimit: [core=10, nofile=100] }"],
      ["tags: { a: b }", "intent: test, sla_eligible: true, strict: true"],
      ["limits: { nice: 5 }", "limits: { nice: 5 }, force_move: true"],
    ].map(([before = "", now = ""]) => changes(before, now)),
  ).toEqual([true, true, true, true, true]);
});

test("a limit that is dropped cannot be: what it was before is known to the one who undoes it all", () => {
  expect(
    [
      ["limits: { cpu-quota: 50, pids-max: 9 }", "limits: { cpu-quota: 50 }"],
      ["limits: { nice: 5, cpu-quota: 50 }", "limits: { cpu-quota: 50 }"],
      ["limits: { io-max: ['8:0 rbps=1M'], nice: 1 }", "limits: { nice: 1 }"],
      ["limits: { rlimit: [core=0, nofile=100] }", "limits: { rlimit: [core=0] }"],
    ].map(([before = "", now = ""]) => changes(before, now)),
  ).toEqual([false, false, false, false]);
});

test("nor can another way to treat the tree, or the limits at the end", () => {
  const limits = "limits: { nice: 5 }";
  expect(changes(limits, `${limits}, tree: false`)).toBe(false);
  expect(changes(limits, `${limits}, keep_limits: true`)).toBe(false);
});
