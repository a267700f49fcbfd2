import type { FlagTable } from "./flag-definition.ts";

export const guardBenchFlags = {
  runs: { group: "Runs", common: true, value: "N", brief: "of each policy, 1 to 1000 (10)" },
  policies: {
    group: "Runs",
    common: true,
    value: "A,B",
    brief: "of alone, none, static, high-only, fallback, two-stage (all)",
  },
  seed: { group: "Runs", common: true, value: "N", brief: "another seed, other traces (1)" },
  sessions: { group: "Scenario", common: true, value: "N", brief: "agents, one of class high, 2 to 32 (3)" },
  limit: {
    group: "Scenario",
    common: true,
    value: "SIZE",
    brief: "memory of all together; a bare number is MiB (1100 of 1233 wanted)",
  },
  trace: { group: "Scenario", common: true, value: "DURATION", brief: "length of each trace, 15s to 1h (1m)" },
  speed: { group: "Scenario", common: true, value: "X", brief: "times as fast as the trace, 0.1 to 100 (10)" },
  pool: {
    group: "Output",
    common: true,
    value: "FILE",
    repeat: true,
    brief: "no runs; sum up those of documents, each named so",
  },
  json: { group: "Output", common: true, brief: "the document on stdout instead of the table" },
  out: { group: "Output", common: true, value: "FILE", brief: "the document to a file too" },
  quiet: { group: "Output", common: true, brief: "no line per run on stderr" },
} as const satisfies FlagTable;
