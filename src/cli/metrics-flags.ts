import type { FlagTable } from "./flag-definition.ts";

export const metricsFlags = {
  textfile: {
    group: "Output",
    common: true,
    value: "FILE",
    brief: "write the text to FILE in one step, mode 0644, for node_exporter",
  },
  violations: {
    group: "Output",
    common: true,
    brief: "list the jobs whose promise was not kept, newest first",
  },
  last: { group: "Output", common: true, value: "N", brief: "how many violations, 1 to 10000 (50)" },
  json: { group: "Output", common: true, brief: "the counters, or the list, as one JSON document" },
} as const satisfies FlagTable;
