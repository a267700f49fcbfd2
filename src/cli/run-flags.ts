import type { FlagTable } from "./flag-definition.ts";
import { jobTermFlags } from "./job-term-flags.ts";
import { limitFlags } from "./limit-flags.ts";

/** The flags of an everyday run: the limits, then what is a run's own. */
export const everydayRunFlags = {
  ...limitFlags,
  env: {
    group: "Process attributes",
    common: true,
    value: "NAME=VALUE",
    repeat: true,
    brief: "set a variable; NAME alone removes it",
  },
  workdir: { group: "Process attributes", common: true, value: "DIR", brief: "working directory" },
  user: { group: "Process attributes", common: true, value: "USER", brief: "run as this user, by name or uid" },
  group: { group: "Process attributes", value: "GROUP", brief: "run with this primary group, by name or gid" },

  timeout: {
    group: "Time and lifetime",
    common: true,
    value: "DURATION",
    brief: "end the workload after this; exit status 124",
  },
  "kill-after": {
    group: "Time and lifetime",
    value: "DURATION",
    brief: "time from TERM to KILL when Corral ends it (10s)",
  },
  lifetime: {
    group: "Time and lifetime",
    common: true,
    value: "MODE",
    choices: ["detach", "tied"],
    brief: "detach (default): outlives Corral; tied: ends with it",
  },

  json: { group: "Report", common: true, brief: "report to stdout; the workload's stdout goes to stderr" },
  report: { group: "Report", common: true, value: "FILE", brief: "report to FILE; stdio is untouched" },
  quiet: { group: "Report", common: true, brief: "no summary and no warnings on stderr" },

  preset: {
    group: "Job and placement",
    common: true,
    value: "NAME",
    choices: ["default", "low", "high", "memory", "balanced"],
    brief: "default, low, high, memory or balanced; flags override it",
  },
  strict: { group: "Job and placement", common: true, brief: "refuse to start unless every limit is applied" },
  ...jobTermFlags,
  "no-daemon": { group: "Job and placement", brief: "do not ask a corral guard to look after the job" },
} as const satisfies FlagTable;
