/**
 * policy/rules/: what a policy says: which processes, when, what is done, what holds it back. What may enter: files of rules
 * and the flags of the classic policy, as text. What it may not know: processes, clocks, how anything is done. Loads YAML and
 * schemas: entered by the commands of policies only.
 */
export type { ClassicOptions } from "./classic-rule.ts";
export { classicRule } from "./classic-rule.ts";
export type { Condition, Measured, MeasureOf, ProcessEvent } from "./condition.ts";
export { conditionsIn } from "./condition.ts";
export { describeCondition } from "./describe-condition.ts";
export { loadPolicyRules, parsePolicyRules } from "./load-rules.ts";
export type { EnrolmentNeed, Retry, Rule, RuleLimits, Selection, Verification } from "./rule.ts";
export { policyRulesSchema } from "./rule-schema.ts";
export type { RuleSource } from "./rule-source.ts";
export { readRuleFile, rulesOf } from "./rule-source.ts";
