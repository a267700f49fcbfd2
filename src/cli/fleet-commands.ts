import type { CommandDefinition } from "./commands.ts";
import { fleetAnalyzeFlags, fleetRunFlags } from "./fleet-flags.ts";
import { typed } from "./typed-command.ts";

/** The commands of a fleet's controller. */
export const fleetCommands: readonly CommandDefinition[] = [
  {
    path: ["fleet", "run"],
    usage: "corral fleet run [--config FILE] [--agents LIST] [flags] [-- <command> [args…]]",
    brief: "Run the same work on many hosts, begun at the same moment, and add up what came of it",
    flags: fleetRunFlags,
    args: "command",
    footer: [
      "Ctrl-C ends it on all agents within 5 s, and what was done is kept; a second one at once.",
      "What it has measured and the directory of its results stand at the end of stdout, also with --quiet.",
      "A load's rate is that of each agent. corral fleet analyze DIR tells, compares and draws results.",
      "Example: corral fleet run --agents a,b --threshold 'p99_us < 5000' --config load.yaml",
      "Exit status: 0 all agents completed; 1 none did; 2 some did, or usage; 3 ended by the user;",
      "4 an agent was not reached; 5 refused or could not prepare; 6 not ready in time;",
      "7 a threshold was missed; 125 Corral failed.",
    ],
    load: async () => typed((await import("./fleet-run-command.ts")).fleetRunCommand),
  },
  {
    path: ["fleet", "analyze"],
    usage: "corral fleet analyze DIR… [--compare] [--html FILE] [--xlsx FILE] [--json]",
    brief: "Tell again what fleet runs have left behind, compare them, draw them",
    flags: fleetAnalyzeFlags,
    args: "directories",
    footer: [
      "DIR: a directory that corral fleet run has made, or one that several of them are in.",
      "Exit status: 0; 125 FILE cannot be written, 2 usage or no run.",
    ],
    load: async () => typed((await import("./fleet-analyze-command.ts")).fleetAnalyzeCommand),
  },
];
