import type { CommandDefinition } from "./commands.ts";
import { fleetDeployFlags, fleetStartFlags, fleetStopFlags } from "./fleet-host-flags.ts";
import { typed } from "./typed-command.ts";

const statuses = "Exit status: 0; 4 ssh did not come to a host, 1 another failed, 2 usage, 125 Corral failed.";

/** Getting agents onto hosts, and away. */
export const fleetHostCommands: readonly CommandDefinition[] = [
  {
    path: ["fleet", "deploy"],
    usage: "corral fleet deploy --hosts HOST,… [--systemd WHICH] [flags]",
    brief: "Bring this Corral to hosts over ssh",
    flags: fleetDeployFlags,
    args: null,
    footer: ["Example: corral fleet deploy --hosts web1,root@web2:2222 --directory /opt/corral", statuses],
    load: async () => typed((await import("./fleet-deploy-command.ts")).fleetDeployCommand),
  },
  {
    path: ["fleet", "start"],
    usage: "corral fleet start --hosts HOST,… --token-file FILE [flags] [-- <agent flags…>]",
    brief: "Start agents on hosts that Corral was deployed to, and wait until they answer",
    flags: fleetStartFlags,
    args: "agent flags",
    footer: ["Example: corral fleet start --hosts web1 --token-file token --insecure -- --allow-all", statuses],
    load: async () => typed((await import("./fleet-start-command.ts")).fleetStartCommand),
  },
  {
    path: ["fleet", "stop"],
    usage: "corral fleet stop --hosts HOST,… [--remove] [flags]",
    brief: "End the agents that were started on hosts",
    flags: fleetStopFlags,
    args: null,
    footer: ["Example: corral fleet stop --hosts-file hosts --remove", statuses],
    load: async () => typed((await import("./fleet-stop-command.ts")).fleetStopCommand),
  },
];
