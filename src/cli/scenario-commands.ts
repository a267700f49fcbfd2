import type { CommandDefinition } from "./commands.ts";
import { scenarioCheckFlags, scenarioPlanFlags, scenarioRunFlags } from "./scenario-flags.ts";
import { typed } from "./typed-command.ts";

const proposeArgs = async (partial: string): Promise<readonly string[]> =>
  (await import("./propose-scenarios.ts")).proposeScenarios(partial);

/** The commands of scenarios. */
export const scenarioCommands: readonly CommandDefinition[] = [
  {
    path: ["scenario", "run"],
    usage: "corral scenario run FILE [--vm] [--repeat N] [--supervise PID]… [--json] [--report FILE]",
    brief: "Run a scenario, on this host or in a guest, and judge what came of it",
    flags: scenarioRunFlags,
    args: "file",
    proposeArgs,
    footer: [
      "FILE: a file, or when there is none of that path, a shipped scenario's name (scenario list).",
      "Ctrl-C takes everything down, and the report has what was found; a second one ends Corral.",
      "Example: corral scenario run halves.yaml --report halves.json --html halves.html",
      "Example: corral scenario run halves.yaml --vm --cpus 8 --numa 2",
      "Exit status: 0 passed or skipped; 1 failed; 2 inconclusive, usage or mistakes in the file;",
      "125 it could not begin.",
    ],
    load: async () => typed((await import("./scenario-run-command.ts")).scenarioRunCommand),
  },
  {
    path: ["scenario", "plan"],
    usage: "corral scenario plan FILE [--topology TOPOLOGY] [--json]",
    brief: "Say what a scenario comes to: CPUs, workers, limits, order, durations",
    flags: scenarioPlanFlags,
    args: "file",
    proposeArgs,
    footer: [
      "FILE: a file, or when there is none of that path, a shipped scenario's name (scenario list).",
      "Nothing is made or started; modules that make groups are called.",
      "Example: corral scenario plan halves.yaml --topology cpus=8,numa=2",
      "Exit status: 0, also when the topology has too little for it; 2 usage or mistakes in the file.",
    ],
    load: async () => typed((await import("./scenario-plan-command.ts")).scenarioPlanCommand),
  },
  {
    path: ["scenario", "check"],
    usage: "corral scenario check FILE [--topology TOPOLOGY]",
    brief: "Judge a scenario and say every mistake with its line",
    flags: scenarioCheckFlags,
    args: "file",
    proposeArgs,
    footer: [
      "FILE: a file, or when there is none of that path, a shipped scenario's name (scenario list).",
      "Exit status: 0, also when the topology has too little for it; 2 usage or mistakes in the file.",
    ],
    load: async () => typed((await import("./scenario-check-command.ts")).scenarioCheckCommand),
  },
];
