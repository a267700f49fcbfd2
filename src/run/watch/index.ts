/**
 * run/watch/: governs processes it did not start, by rules. Here are the file of rules, judged and resolved, and the
 * matching of rules and processes. Loads YAML and schemas: entered by the commands that watch, never on the way of a run.
 */

export type { CareOptions } from "./care.ts";
export { loadWatchConfig, parseWatchConfig } from "./config.ts";
export type { ConfigProblem } from "./config-error.ts";
export { ConfigError } from "./config-error.ts";
export { watchConfigSchema } from "./config-schema.ts";
export type { Discovery, RetryPolicy, WatchConfig, WatchRule } from "./config-types.ts";
export type { MatchContext } from "./match.ts";
export { matchProcess } from "./match.ts";
export type { MatchKey } from "./match-condition.ts";
export type { ConditionExplanation, MatchExplanation, RuleExplanation } from "./match-explain.ts";
export { explainMatch } from "./match-explain.ts";
export type { MatchFacts } from "./match-process.ts";
export type { WatchEvent } from "./watch-event.ts";
export { Watcher } from "./watcher.ts";
