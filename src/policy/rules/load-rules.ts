import type { ConfigIssue, ConfigPath, Judged } from "../../report/config/index.ts";
import { findDuplicates, isWithin, judgeValues, parseConfig, readConfigText } from "../../report/config/index.ts";
import { resolveRule } from "./resolve-rule.ts";
import type { Rule } from "./rule.ts";
import type { RawGoverning, RawPolicyRules } from "./rule-schema.ts";
import { policyRulesSchema } from "./rule-schema.ts";

/**
 * Reads and judges a file of rules of at most 1 MiB.
 * @throws ConfigError (code CONFIG) with everything that is wrong in the file; CorralError CONFIG when it cannot be read
 */
export const loadPolicyRules = (path: string): readonly Rule[] => parsePolicyRules(readConfigText(path), path);

/**
 * Judges the text of a file of rules.
 * @param file what messages call it
 * @throws ConfigError (code CONFIG) with everything that is wrong
 */
export const parsePolicyRules = (text: string, file: string): readonly Rule[] => parseConfig(text, file, judge);

/** Resolves what is sound even when other parts are not, so that one reading tells every mistake. */
function judge(value: unknown): Judged<readonly Rule[]> {
  const issues = [...judgeValues(policyRulesSchema, value)];
  const isSound = (path: ConfigPath): boolean => !issues.some((issue) => isWithin(issue.path, path));
  const raw = value as Partial<RawPolicyRules> | null;
  const written = Array.isArray(raw?.rules) ? raw.rules : [];
  const defaults: RawGoverning | null = isSound(["defaults"]) ? (raw?.defaults ?? {}) : null;
  const sound = [...written.entries()].filter(([index]) => isSound(["rules", index]));
  issues.push(...findDuplicates(written, isSound));
  const refuse = (issue: ConfigIssue): void => void issues.push(issue);
  const rules = sound.map(([index, rule]) =>
    resolveRule(rule, defaults ?? {}, ["rules", index], defaults === null ? () => {} : refuse),
  );
  return { config: issues.length === 0 ? rules : null, issues };
}
