import type { FlagTable } from "./flag-definition.ts";

export const scenarioCompareFlags = {
  threshold: {
    group: "Judgement",
    common: true,
    value: "PERCENT",
    brief: "a change must be this large, in place of each metric's own share",
  },
  policy: { group: "Judgement", common: true, value: "FILE", brief: "JSON: default_percent, per_metric_percent" },
  json: { group: "Output", common: true, brief: "one JSON document" },
} as const satisfies FlagTable;

export const scenarioReportFlags = {
  html: { group: "Output", common: true, value: "FILE", brief: "one page that needs nothing else, - for stdout" },
  junit: { group: "Output", common: true, value: "FILE", brief: "JUnit XML, - for stdout" },
  text: { group: "Output", common: true, brief: "text on stdout, beside --html or --junit too" },
} as const satisfies FlagTable;
