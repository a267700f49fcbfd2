import type { CommandDefinition } from "./commands.ts";
import { scenarioListFlags } from "./scenario-flags.ts";
import { typed } from "./typed-command.ts";

/** The scenarios that are shipped, and new ones. */
export const scenarioLibraryCommands: readonly CommandDefinition[] = [
  {
    path: ["scenario", "list"],
    usage: "corral scenario list [--json]",
    brief: "List the scenarios that are shipped: what each proves, and what it needs",
    flags: scenarioListFlags,
    args: null,
    footer: ["Each is run by its name: corral scenario run steady", "Exit status: 0; 2 usage."],
    load: async () => typed((await import("./scenario-list-command.ts")).scenarioListCommand),
  },
  {
    path: ["scenario", "init"],
    usage: "corral scenario init NAME|FILE",
    brief: "Write a scenario to begin with: a shipped one by its name, or a commented example to FILE",
    flags: {},
    args: "name",
    proposeArgs: async (partial) => (await import("./propose-scenarios.ts")).proposeShipped(partial),
    footer: [
      "NAME: one of corral scenario list, copied with its modules to the working directory;",
      "any other: a commented example in NAME.yaml.",
      "Nothing is written over what is there.",
      "Exit status: 0; 125 it cannot be written, 2 usage, or the file is there.",
    ],
    load: async () => typed((await import("./scenario-init-command.ts")).scenarioInitCommand),
  },
];
