import { adaptiveCompactFlags, adaptiveReclaimFlags } from "./adaptive-flags.ts";
import type { CommandDefinition } from "./commands.ts";
import { typed } from "./typed-command.ts";

/** The two policies that steer by what they cause. */
export const adaptiveCommands: readonly CommandDefinition[] = [
  {
    path: ["policy", "reclaim"],
    usage: "corral policy reclaim --cgroup PATH [flags]",
    brief: "Take memory back from a group for as long as its processes are not stalled for it",
    flags: adaptiveReclaimFlags,
    args: null,
    footer: [
      "Each interval: memory in use x ratio x max(0, 1 - stall / target); TERM and INT end it.",
      "Example: corral policy reclaim --cgroup /system.slice/cache.service --min-size 256M",
      "Exit status: 0; 125 Corral failed or this host cannot (cgroup v2 with PSI), 2 usage.",
    ],
    load: async () => typed((await import("./adaptive-reclaim-command.ts")).adaptiveReclaimCommand),
  },
  {
    path: ["policy", "compact"],
    usage: "corral policy compact --pid N[,N…] | --cgroup PATH [flags]",
    brief: "Put the memory of what is idle aside, and leave it alone when it wakes",
    flags: adaptiveCompactFlags,
    args: null,
    footer: [
      "Needs swap (zram will do) and CAP_SYS_NICE. TERM and INT end it.",
      "Example: corral policy compact --pid 4711 --idle 30s --pageout-after 1m",
      "Exit status: 0; 125 Corral failed or there is no such target, 2 usage.",
    ],
    load: async () => typed((await import("./adaptive-compact-command.ts")).adaptiveCompactCommand),
  },
];
