import type { FlagTable } from "./flag-definition.ts";

const topology = {
  group: "Where",
  common: true,
  value: "TOPOLOGY",
  brief: "cpus=8,numa=2,llc=4,threads=1 or 2n4l2c1t (this host)",
} as const;

export const scenarioPlanFlags = {
  topology,
  json: { group: "Output", common: true, brief: "the plan as one JSON document" },
} as const satisfies FlagTable;

export const scenarioCheckFlags = { topology } as const satisfies FlagTable;
