import type { NumberRule, ProgramName } from "../policy/workload/settings/index.ts";
import {
  commonNumbers,
  compressPolicies,
  contentModels,
  isMemoryProgram,
  memoryNumbers,
  programs,
} from "../policy/workload/settings/index.ts";
import type { FlagDefinition, FlagTable } from "./flag-definition.ts";

const numberFlag = (group: string, { standard, min, max, brief }: NumberRule): FlagDefinition => ({
  group,
  common: true,
  value: "N",
  brief: max === Number.MAX_SAFE_INTEGER ? `${brief} (${standard})` : `${brief}, ${min} to ${max} (${standard})`,
});

const numberFlags = (group: string, rules: Readonly<Record<string, NumberRule>>): FlagTable =>
  Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, numberFlag(group, rule)]));

const memoryFlags: FlagTable = {
  content: {
    group: "Content",
    common: true,
    value: "MODEL",
    choices: contentModels,
    brief: `what pages hold: ${contentModels.join(", ")} (zero)`,
  },
  "random-pct": numberFlag("Content", memoryNumbers["random-pct"]),
  "use-mem-arena": { group: "Memory arena", common: true, brief: "use memory that can be compressed" },
  "arena-cap-mb": numberFlag("Memory arena", memoryNumbers["arena-cap-mb"]),
  "arena-min-savings-pct": numberFlag("Memory arena", memoryNumbers["arena-min-savings-pct"]),
  "arena-stats-json": { group: "Memory arena", common: true, value: "FILE", brief: "its statistics at the end" },
  "compress-policy": {
    group: "Controller",
    common: true,
    value: "WHO",
    choices: compressPolicies,
    brief: `who has memory compressed: ${compressPolicies.join(", ")} (internal)`,
  },
  "controller-enroll": { group: "Controller", common: true, brief: "enrol with the policy engine of this host" },
  "controller-sock": { group: "Controller", common: true, value: "PATH", brief: "its socket" },
};

const ownFlags: Readonly<Partial<Record<ProgramName, FlagTable>>> = {
  "random-touch-heap": {
    "zipf-theta": {
      group: "Load",
      common: true,
      value: "X",
      brief: "few pages often: the k-th in proportion to 1/k^X, 0 to 3 (0: all alike)",
    },
  },
  "interactive-burst": {
    "arena-autoloops": { group: "Memory arena", common: true, brief: "compress by itself what is cold" },
  },
  "fork-exec-storm": {
    "exec-path": { group: "Load", common: true, value: "PATH", brief: "program that is executed (/bin/true)" },
  },
};

const lastFlags: FlagTable = {
  json: { group: "Output", common: true, brief: "the result as one line of JSON" },
  "unsafe-allow-long": {
    group: "Output",
    common: true,
    brief: "allow more than 300 seconds and more than 512 workers",
  },
};

/** The original's workloads with memory take it too, and use one thread whatever it says. */
const idleWorkers: FlagDefinition = {
  ...numberFlag("Load", commonNumbers.workers),
  brief: "taken, and of no effect here",
};

/** The flags of one workload. */
export const workloadFlags = (name: ProgramName): FlagTable => ({
  ...numberFlags("Load", programs[name].numbers),
  ...ownFlags[name],
  ...numberFlags("Load", commonNumbers),
  ...(isMemoryProgram(name) ? { workers: idleWorkers } : {}),
  ...(isMemoryProgram(name) ? memoryFlags : {}),
  ...lastFlags,
});

export const workloadMatrixFlags = {
  "results-dir": {
    group: "Output",
    common: true,
    value: "DIR",
    brief: "where everything goes (workloads/results/controller-matrix/<time>)",
  },
  "delay-sec": {
    group: "Load",
    common: true,
    value: "N",
    brief: "of the policy: from exec to the request, 0 to 3600 (10)",
  },
  "duration-sec": { group: "Load", common: true, value: "N", brief: "seconds of each workload, 1 to 300 (20)" },
  only: { group: "Load", common: true, value: "A,B", brief: "these workloads only" },
  "quiet-controller": { group: "Output", common: true, brief: "controller.log without the events" },
  json: { group: "Output", common: true, brief: "the summaries as one JSON document on stdout" },
} as const satisfies FlagTable;
