/**
 * kernel/match/: patterns that people write about processes, held against what /proc tells. What may enter: facts and
 * patterns. What it may not know: what is done with a process that fits.
 */
export type { Condition, MatchKey, RawMatch } from "./condition.ts";
export { compileMatch, matchKeyNames } from "./condition.ts";
export { matchEntries } from "./match-schema.ts";
export type { MatchFacts, MatchSubject } from "./subject.ts";
export { groupPaths, toSubject } from "./subject.ts";
