/**
 * scenario/results/: a run as a document (`corral.scenario/1`), that document as text, JUnit XML and HTML, and what is different
 * between runs. Pure: records and documents go in, documents and texts come out. Knows the record, checks and metrics; no files,
 * no terminals, not how anything was done. Loads schemas.
 */
export type { ComparePolicy, Comparison, ScenarioComparison } from "./compare/compare.ts";
export { compareRuns, ownShares } from "./compare/compare.ts";
export { compareText } from "./compare/compare-text.ts";
export { comparisonDocument, comparisonSchema } from "./compare/document.ts";
export type { ChangeStatus, MetricChange, Spread } from "./compare/judge-metric.ts";
export type { Difference, Dimension, Pairing } from "./compare/pairs.ts";
export { parseComparePolicy } from "./compare/policy.ts";
export type { RepeatSummary } from "./compare/repeats.ts";
export { mergeRepeats, repeatText } from "./compare/repeats.ts";
export { scenarioDocument } from "./document/build.ts";
export { parseScenarioDocuments } from "./document/read.ts";
export type { ScenarioDocument } from "./document/schema.ts";
export { scenarioDocumentSchema } from "./document/schema.ts";
export { htmlReport } from "./html/html-report.ts";
export { junitReport } from "./junit/junit-report.ts";
export { textReport } from "./text/text-report.ts";
export { atText, groupName, noHoldText, shown, verdictWords } from "./words.ts";
