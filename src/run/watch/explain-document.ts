import type { ConditionExplanation, MatchExplanation, RuleExplanation } from "./match-explain.ts";

/** `corral.watch-explain/1`: the answer of `corral watch --explain PID --json`. */
export interface ExplanationDocument extends Pick<MatchExplanation, "pid" | "rule"> {
  readonly schema: "corral.watch-explain/1";
  /** Why no rule may have the process, whatever they say; null when the rules decide. */
  readonly left_alone: string | null;
  readonly rules: readonly (Pick<RuleExplanation, "name" | "verdict"> & {
    readonly match: readonly ConditionExplanation[];
    readonly except: readonly { readonly holds: boolean; readonly keys: readonly ConditionExplanation[] }[];
  })[];
}

export const toExplanationDocument = ({ pid, leftAlone, rule, rules }: MatchExplanation): ExplanationDocument => ({
  schema: "corral.watch-explain/1",
  pid,
  left_alone: leftAlone,
  rule,
  rules,
});
