import type { CommandDefinition } from "./commands.ts";
import {
  detachFlags,
  freezeFlags,
  gcFlags,
  logsFlags,
  psFlags,
  statusFlags,
  stopFlags,
  waitFlags,
} from "./job-flags.ts";

const anyId = "ID: the whole id of a job, or a beginning that fits no other; live jobs come first.";

const proposeArgs = async (partial: string): Promise<readonly string[]> =>
  (await import("./job-arguments.ts")).jobIdsForCompletion().filter((id) => id.startsWith(partial));

export const proposeLive = async (partial: string): Promise<readonly string[]> =>
  (await import("./job-arguments.ts")).liveIdsForCompletion().filter((id) => id.startsWith(partial));

/** The commands that look at jobs, living and over, and act on them. */
export const jobCommands: readonly CommandDefinition[] = [
  {
    path: ["ps"],
    usage: "corral ps [--all] [--last N] [--watch | --json]",
    brief: "List the jobs that live, and those that are over",
    flags: psFlags,
    args: null,
    footer: [
      "STATE: starting, running, ending; orphaned: its Corral was killed; detached: it left;",
      "lingering: the leader has ended, others live on; dead: corral gc clears it away.",
      "Exit status: 0; 125 the records cannot be read, 2 usage.",
    ],
    load: async () => (await import("./ps-command.ts")).psCommand,
  },
  {
    path: ["status"],
    usage: "corral status ID [--json]",
    brief: "Say everything that is known of one job, with its limits as they stand now",
    flags: statusFlags,
    args: "job",
    proposeArgs,
    footer: [anyId, "Exit status: 0; 125 no such job, 2 usage."],
    load: async () => (await import("./status-command.ts")).statusCommand,
  },
  {
    path: ["freeze"],
    usage: "corral freeze ID",
    brief: "Stop every process of a job until it is thawed",
    flags: freezeFlags,
    args: "job",
    proposeArgs: proposeLive,
    footer: [anyId, "Exit status: 0 all of it is frozen; 125 not, or there is no group, 2 usage."],
    load: async () => (await import("./freeze-command.ts")).freezeCommand,
  },
  {
    path: ["thaw"],
    usage: "corral thaw ID",
    brief: "Let a frozen job go on",
    flags: freezeFlags,
    args: "job",
    proposeArgs: proposeLive,
    footer: [anyId, "Exit status: 0 it goes on; 125 not, or there is no group, 2 usage."],
    load: async () => (await import("./freeze-command.ts")).thawCommand,
  },
  {
    path: ["stop"],
    usage: "corral stop ID [--grace DURATION] [--json]",
    brief: "End a job: TERM to every process, and after the grace a kill",
    flags: stopFlags,
    args: "job",
    proposeArgs: proposeLive,
    footer: [anyId, "Exit status: 0 it is gone; 125 something of it is left, or no such job, 2 usage."],
    load: async () => (await import("./stop-command.ts")).stopCommand,
  },
  {
    path: ["wait"],
    usage: "corral wait ID… [--timeout DURATION] [--json]",
    brief: "Wait until jobs are over and exit as they did",
    flags: waitFlags,
    args: "job",
    proposeArgs,
    footer: [
      anyId,
      "A job that nobody watches is watched meanwhile, its --timeout included, and left again by Ctrl-C.",
      "Exit status: the first that is not 0, in the order of the ids; 124 --timeout,",
      "125 the status is not known, or no such job, 2 usage.",
    ],
    load: async () => (await import("./wait-command.ts")).waitCommand,
  },
  {
    path: ["detach"],
    usage: "corral detach ID [--json]",
    brief: "Make the Corral that watches a job leave it; an attach is undone",
    flags: detachFlags,
    args: "job",
    proposeArgs: proposeLive,
    footer: [anyId, "Exit status: 0; 125 its Corral cannot be told to leave, or no such job, 2 usage."],
    load: async () => (await import("./detach-command.ts")).detachCommand,
  },
  {
    path: ["logs"],
    usage: "corral logs ID [--stderr] [--follow]",
    brief: "Print what a job that was started with --capture has written",
    flags: logsFlags,
    args: "job",
    proposeArgs,
    footer: [anyId, "Exit status: 0; 125 nothing was captured, or no such job, 2 usage."],
    load: async () => (await import("./logs-command.ts")).logsCommand,
  },
  {
    path: ["gc"],
    usage: "corral gc [--results-older-than DURATION] [--dry-run] [--json]",
    brief: "Clear away what Corrals that were killed have left behind",
    flags: gcFlags,
    args: null,
    footer: ["Exit status: 0; 125 something could not be cleared away, 2 usage."],
    load: async () => (await import("./gc-command.ts")).gcCommand,
  },
];
