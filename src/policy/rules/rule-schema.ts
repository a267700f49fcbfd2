import * as v from "valibot";
import { matchEntries } from "../../kernel/match/index.ts";
import { checked, described, expects, section, text, truth, wholeNumber } from "../../report/config/index.ts";
import { isPlainName, plainNameRule, textGlob } from "../../report/index.ts";
import { actionSchema } from "./action-schema.ts";
import { conditionSchema } from "./condition-schema.ts";
import { duration, positiveDuration, size } from "./values.ts";

/*
 * The file of `corral policy` as it is written. Every value is judged here, each for itself; what values mean together is judged
 * in resolve-rule.ts. The descriptions go to schemas/policy-rules.schema.json, for editors.
 */

const optional = <T extends v.GenericSchema>(schema: T) => v.exactOptional(schema);
const pattern = v.pipe(
  text,
  checked<string>((value) => void textGlob(value)),
);

const match = v.pipe(
  section(matchEntries),
  v.check((value) => Object.keys(value).length > 0, "needs at least one key"),
);

const select = section({
  ...matchEntries,
  ancestor: optional(described(match, "One of its ancestors fits all of these.")),
  workload: optional(described(pattern, "Pattern for the name it enrolled with.")),
  tags: optional(
    described(v.record(v.string(), pattern, expects("keys and values")), "Patterns for the tags it enrolled with."),
  ),
  enrolled: optional(
    described(
      v.picklist(["required", "expected", "any"], expects("one of required, expected, any")),
      "required: enrolled workloads only, the default for messages; expected: who has not enrolled in time is recorded; any: whether or not, the default for all else.",
    ),
  ),
  min_rss: optional(size("Least resident memory when the rule is due.")),
  min_age: optional(duration("Least time since its start; the rule waits for it.")),
});

const limits = {
  retry: optional(
    described(
      section({
        attempts: optional(described(wholeNumber("a whole number", 1, 100), "Attempts in all. Default 1.")),
        initial: optional(positiveDuration("Pause before the second; each is twice the one before. Default 1s.")),
        max: optional(positiveDuration("Longest pause. Default 1m.")),
      }),
      "Another attempt after a timeout, a refusal or an error.",
    ),
  ),
  in_flight: optional(
    described(wholeNumber("a whole number", 1, 10_000), "Most actions of the rule at a time. Default 4."),
  ),
  wait: optional(duration("How long an attempt waits for its turn before it is suppressed. Default 30s.")),
  rate: optional(
    described(
      section({
        count: described(wholeNumber("a whole number", 1, 1_000_000), "Most actions."),
        per: positiveDuration("In this time, on average."),
        burst: optional(described(wholeNumber("a whole number", 1, 1_000_000), "At once. Default: count.")),
      }),
      "Token bucket of the rule. Default: none.",
    ),
  ),
  jitter: optional(duration("Each deadline is put off by up to this, at random. Default 0.")),
  cooldown: optional(duration("Least time between two actions on the same process. Default 0.")),
  breaker: optional(
    described(
      section({
        failures: described(wholeNumber("a whole number", 1, 1000), "After so many failures in a row"),
        pause: positiveDuration("nothing is done for so long; then one is tried."),
      }),
      "Circuit breaker of the rule. Default: none.",
    ),
  ),
  dry_run: optional(described(truth, "Decide everything, do nothing. Default false.")),
};

const governing = {
  get: optional(
    described(
      section({ ack: positiveDuration("How long the acknowledgement may take.") }),
      "What is awaited. Default ack 30s.",
    ),
  ),
  verify: optional(
    described(
      section({
        after: optional(duration("When memory is measured again, after the action. Default 0: at once.")),
        min_gain: size("Less than this gained counts as no gain."),
      }),
      "Judge the effect by memory.",
    ),
  ),
  limits: optional(described(section(limits), "What holds the rule back.")),
  adopt: optional(
    described(
      truth,
      "Also for what runs at the start, deadlines counted from the start of the process. Default false.",
    ),
  ),
  record: optional(
    described(
      v.picklist(["when_done", "at_exit"], expects("when_done or at_exit")),
      "when_done (default): an attempt is recorded once it has ended; at_exit: once the process has, too.",
    ),
  ),
};

const rule = section({
  name: described(
    v.pipe(
      text,
      v.check(isPlainName, ({ input }) => expects(plainNameRule)({ input })),
    ),
    "Unique name of the rule.",
  ),
  select: optional(described(select, "Which processes: all of these keys hold. Default: every process.")),
  except: optional(described(v.array(match, expects("a list of exceptions")), "But not those which fit one of these.")),
  when: described(conditionSchema, "The rule acts as soon as all of this begins to hold."),
  do: described(actionSchema, "What is done: one action."),
  ...governing,
});

/** `version: 1` of the file of `corral policy`. */
export const policyRulesSchema = section({
  version: described(v.literal(1, expects("1, the version of this format")), "Version of the format."),
  defaults: optional(described(section(governing), "What every rule does that does not say otherwise.")),
  rules: described(
    v.pipe(v.array(rule, expects("a list of rules")), v.minLength(1, "needs at least one rule")),
    "Every rule whose selection fits has the process, each for itself.",
  ),
});

export type RawPolicyRules = v.InferOutput<typeof policyRulesSchema>;
export type RawRule = RawPolicyRules["rules"][number];
export type RawGoverning = NonNullable<RawPolicyRules["defaults"]>;
