import type { CommandDefinition } from "./commands.ts";
import { scenarioCompareFlags, scenarioReportFlags } from "./scenario-result-flags.ts";
import { typed } from "./typed-command.ts";

/** What can be done with results of scenarios that were written down. */
export const scenarioResultCommands: readonly CommandDefinition[] = [
  {
    path: ["scenario", "compare"],
    usage: "corral scenario compare A B [--threshold PERCENT] [--policy FILE] [--json]",
    brief: "Say what became better or worse from the results A to the results B",
    flags: scenarioCompareFlags,
    args: "results",
    footer: [
      "A, B: a result of corral scenario run, or a directory of them; repeats tell a change from noise.",
      "Exit status: 0 no regression; 1 a regression, 2 nothing to compare, or usage, 125 Corral failed.",
    ],
    load: async () => typed((await import("./scenario-compare-command.ts")).scenarioCompareCommand),
  },
  {
    path: ["scenario", "report"],
    usage: "corral scenario report FILE… [--html FILE] [--junit FILE] [--text]",
    brief: "Tell results of scenarios again: as text, as a page with the timeline drawn, as JUnit XML",
    flags: scenarioReportFlags,
    args: "results",
    footer: [
      "FILE: a result of corral scenario run, or a directory of them.",
      "Exit status: 0, whatever the verdicts; 125 a file cannot be written, 2 usage or no result.",
    ],
    load: async () => typed((await import("./scenario-report-command.ts")).scenarioReportCommand),
  },
];
