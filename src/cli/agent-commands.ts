import { agentFlags } from "./agent-flags.ts";
import type { CommandDefinition } from "./commands.ts";
import { fleetPingFlags } from "./fleet-ping-flags.ts";
import { typed } from "./typed-command.ts";

/** An agent, and who is there. */
export const agentCommands: readonly CommandDefinition[] = [
  {
    path: ["agent"],
    usage: "corral agent [--listen HOST:PORT | --join HOST:PORT | --nats URL] [--policy FILE] [flags]",
    brief: "Take runs of a fleet from a controller, within what this host allows",
    flags: agentFlags,
    args: null,
    footer: [
      "Nothing is allowed that --policy or --allow-… does not say. The log is JSON lines on stderr.",
      "Example: corral agent --token-file token --allow-command /usr/bin/fio --allow-path /data",
      "Exit status: 0 stopped by a signal; 125 it cannot listen, 2 usage or mistakes in the file.",
    ],
    load: async () => typed((await import("./agent-command.ts")).agentCommand),
  },
  {
    path: ["fleet", "ping"],
    usage: "corral fleet ping (--agents HOST[:PORT],… | --nats URL --expect N) [--json]",
    brief: "Ask agents for their version, what they can run, what they do, and their clocks",
    flags: fleetPingFlags,
    args: null,
    footer: [
      "Example: corral fleet ping --token-file token --agents web1,web2:7200",
      "Exit status: 0; 4 one did not answer, 2 usage, 125 Corral failed.",
    ],
    load: async () => typed((await import("./fleet-ping-command.ts")).fleetPingCommand),
  },
];
