import { readConfigText } from "../../report/config/index.ts";
import { classicRule } from "./classic-rule.ts";
import { parsePolicyRules } from "./load-rules.ts";
import type { Rule } from "./rule.ts";

/** Where rules come from, as data that can be kept: a file with its text, or the classic policy with its delay. */
export type RuleSource = { readonly dryRun: boolean } & (
  | { readonly kind: "file"; readonly file: string; readonly text: string }
  | { readonly kind: "classic"; readonly delayNs: bigint }
);

/** Reads a file of rules. @throws CorralError CONFIG when it cannot be read */
export const readRuleFile = (file: string, dryRun: boolean): RuleSource => ({
  ...{ kind: "file", file, dryRun },
  text: readConfigText(file),
});

/** The rules of a source. @throws ConfigError (code CONFIG) with everything that is wrong with them */
export function rulesOf(source: RuleSource): readonly Rule[] {
  const { dryRun } = source;
  if (source.kind === "classic") return [classicRule({ delayNs: source.delayNs, dryRun })];
  const rules = parsePolicyRules(source.text, source.file);
  return dryRun ? rules.map((rule) => ({ ...rule, limits: { ...rule.limits, dryRun } })) : rules;
}
