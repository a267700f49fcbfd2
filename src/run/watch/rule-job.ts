import { createHash } from "node:crypto";
import type { ProcessIdentity } from "../../kernel/index.ts";
import type { AttachSpec } from "../attach/index.ts";
import type { StartRecord } from "../start-record.ts";
import type { WatchRule } from "./config-types.ts";

/** Tags by which a later watch knows its jobs again. */
const ruleTag = "corral.rule";
const settingsTag = "corral.rule_settings";

/** Everything of a rule that shapes its jobs, as a short fingerprint: equal ones need no change. */
export function settingsOf(rule: WatchRule): string {
  const { limits, attributes, strict, intent, slaEligible, tags, tree, keepLimits, forceMove } = rule;
  const settings = { limits, attributes, strict, intent, slaEligible, tags, tree, keepLimits, forceMove };
  return createHash("sha256").update(JSON.stringify(settings)).digest("hex").slice(0, 16);
}

/** The attach that a rule makes of a process. */
export function attachSpecOf(rule: WatchRule, target: ProcessIdentity, cgroupParent: string | null): AttachSpec {
  const { limits, attributes, strict, intent, slaEligible, tree, keepLimits, forceMove } = rule;
  return {
    target,
    jobId: null,
    ...{ limits, attributes, strict, intent, slaEligible, tree, keepLimits, forceMove },
    tags: { ...rule.tags, [ruleTag]: rule.name, [settingsTag]: settingsOf(rule) },
    cgroupParent,
    scope: "auto",
    account: false,
  };
}

/** The rule that made a job, and its settings then; null for a job that no watch made. */
export function ruleOfRecord({ tags }: StartRecord): { readonly rule: string; readonly settings: string } | null {
  const rule = tags[ruleTag];
  return rule === undefined ? null : { rule, settings: tags[settingsTag] ?? "" };
}
