/**
 * run/watch/: governs processes it did not start, by rules: the file of rules, judged and resolved, the matching of rules
 * and processes, and the watch that finds processes and keeps them under their limits. Knows nothing of flags, terminals
 * or output. Loads YAML and schemas: entered by the commands that watch, never on the way of a run.
 */

export type { MatchFacts, MatchKey } from "../../kernel/match/index.ts";
export { matchKeyNames } from "../../kernel/match/index.ts";
export type { CareOptions, OnStop } from "./care.ts";
export { loadWatchConfig, parseWatchConfig } from "./config.ts";
export { watchConfigSchema } from "./config-schema.ts";
export type { Discovery, RetryPolicy, WatchConfig, WatchRule } from "./config-types.ts";
export type { ExplanationDocument } from "./explain-document.ts";
export { toExplanationDocument } from "./explain-document.ts";
export type { MatchContext } from "./match.ts";
export { matchProcess } from "./match.ts";
export type { ConditionExplanation, MatchExplanation, RuleExplanation } from "./match-explain.ts";
export { explainMatch } from "./match-explain.ts";
export { ServiceNotice } from "./service-notice.ts";
export type { WatchEvent, WatchEventDocument } from "./watch-event.ts";
export { toEventDocument } from "./watch-event.ts";
export type { WatchFacts } from "./watch-facts.ts";
export type { SessionOptions } from "./watch-session.ts";
export { WatchSession } from "./watch-session.ts";
