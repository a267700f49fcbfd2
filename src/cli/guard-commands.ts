import type { CommandDefinition } from "./commands.ts";
import { guardBenchFlags } from "./guard-bench-flags.ts";
import { guardFlags } from "./guard-flags.ts";
import { mcpFlags } from "./mcp-flags.ts";
import { memcgFlags } from "./memcg-flags.ts";
import {
  sessionAdoptFlags,
  sessionCreateFlags,
  sessionFreezeFlags,
  sessionListFlags,
  sessionRemoveFlags,
  sessionTokenFlags,
  sessionUpdateFlags,
} from "./session-flags.ts";
import { shimInstallFlags, toolRunFlags } from "./tool-flags.ts";
import { typed } from "./typed-command.ts";

const exits = ["Exit status: 0; 125 refused or no guard answers, 2 usage."];

/** The guard and what clients ask of it. */
export const guardCommands: readonly CommandDefinition[] = [
  {
    // Before `guard`, which takes an argument: the first that fits is meant.
    path: ["guard", "bench", "isolation"],
    usage: "corral guard bench isolation [--runs N] [--policies A,B] [flags]",
    brief: "Compare how policies of memory keep agents alive, with traces of their memory",
    flags: guardBenchFlags,
    args: null,
    footer: [
      "Every run has a root group of its own, a guard, and agents that want more memory than there is.",
      "Example: corral guard bench isolation --runs 20 --policies none,two-stage",
      "Exit status: 0; 125 Corral failed, 2 usage; 128+n ended by signal n, with what there was.",
    ],
    load: async () => typed((await import("./guard-bench-command.ts")).guardBenchCommand),
  },
  {
    path: ["guard"],
    usage: "corral guard [--cgroup-root PATH] [--config FILE] [--monitor-only] [flags]",
    brief: "Keep the sessions of AI agents apart, until it is told to stop",
    flags: guardFlags,
    args: "root",
    footer: [
      "stdout has one JSON object per line: EXEC, EXIT and FORK of the sessions, and what was decided.",
      "HUP reads the file again; TERM and INT end the guard and take all limits back; processes go on.",
      "Exit status: 0 stopped by a signal; 125 Corral failed, 2 usage or mistakes in the file.",
    ],
    load: async () => typed((await import("./guard-command.ts")).guardCommand),
  },
  {
    path: ["memcg"],
    usage: "corral memcg --high PATH --low PATH [--below-low] [--below-min] [--threshold N] [flags]",
    brief: "Protect the memory of one group from others, without the guard and its sessions",
    flags: memcgFlags,
    args: null,
    footer: [
      "stdout has one JSON object per line: what was decided, from what was seen.",
      "TERM and INT end it and take everything back; so does its death.",
      "Exit status: 0 stopped by a signal; 125 Corral failed, 2 usage.",
    ],
    load: async () => typed((await import("./memcg-command.ts")).memcgCommand),
  },
  {
    path: ["tool", "run"],
    usage: "corral tool run [--session NAME] [--hint HINT] [flags] -- <command> [args…]",
    brief: "Run a command as a tool call of a session, in a group of its own",
    flags: toolRunFlags,
    args: "command",
    footer: [
      "Hints: memory:low|medium|high|N[kmg], cpu=PERCENT, time=5m, pids=N, io=WEIGHT, class=CLASS.",
      "Exit status: the command's own, 128+n on signal n; 125 no guard or no session,",
      "126 not executable, 127 not found, 2 usage.",
    ],
    load: async () => typed((await import("./tool-command.ts")).toolRunCommand),
  },
  {
    path: ["mcp"],
    usage: "corral mcp [--session NAME] [--socket PATH]",
    brief: "Offer tool calls of a session to models, over MCP on stdin and stdout",
    flags: mcpFlags,
    args: null,
    footer: [
      "Tools: run_with_budget, budget_status. Ends when stdin does; what runs then is killed.",
      "Exit status: 0; 125 Corral failed, 2 usage.",
    ],
    load: async () => typed((await import("./mcp-command.ts")).mcpCommand),
  },
  {
    path: ["shim", "install"],
    usage: "corral shim install --dir DIR",
    brief: "Put a bash into a directory whose `bash -c` is a tool call",
    flags: shimInstallFlags,
    args: null,
    footer: [
      "Example: PATH=$(dirname $(corral shim install --dir /opt/agent/bin)):$PATH",
      "Exit status: 0; 125, 2 usage.",
    ],
    load: async () => typed((await import("./shim-command.ts")).shimInstallCommand),
  },
  {
    path: ["session", "list"],
    usage: "corral session list [--json]",
    brief: "List the sessions of the guard that you may see",
    flags: sessionListFlags,
    args: null,
    footer: exits,
    load: async () => typed((await import("./session-command.ts")).sessionListCommand),
  },
  {
    path: ["session", "status"],
    usage: "corral session status NAME [--json]",
    brief: "Say what a session has and what became of its limits",
    flags: sessionListFlags,
    args: "name",
    footer: exits,
    load: async () => typed((await import("./session-command.ts")).sessionStatusCommand),
  },
  {
    path: ["session", "create"],
    usage: "corral session create NAME [--class CLASS] [--ttl DURATION] [limits] [--json]",
    brief: "Make a session of the guard, within what you may have",
    flags: sessionCreateFlags,
    args: "name",
    footer: ["Example: corral session create build --class low --memory-max 2G", ...exits],
    load: async () => typed((await import("./session-command.ts")).sessionCreateCommand),
  },
  {
    path: ["session", "update"],
    usage: "corral session update NAME [--class CLASS] [--ttl DURATION] [limits] [--json]",
    brief: "Change class or limits of a session",
    flags: sessionUpdateFlags,
    args: "name",
    footer: ["What is not named stays as it is; max lifts a cap. Any change renews its time to live.", ...exits],
    load: async () => typed((await import("./session-command.ts")).sessionUpdateCommand),
  },
  {
    path: ["session", "freeze"],
    usage: "corral session freeze NAME [--most DURATION] [--json]",
    brief: "Stop every process of a session for a while",
    flags: sessionFreezeFlags,
    args: "name",
    footer: exits,
    load: async () => typed((await import("./session-command.ts")).sessionFreezeCommand),
  },
  {
    path: ["session", "thaw"],
    usage: "corral session thaw NAME [--json]",
    brief: "Let the processes of a session go on",
    flags: sessionListFlags,
    args: "name",
    footer: exits,
    load: async () => typed((await import("./session-command.ts")).sessionThawCommand),
  },
  {
    path: ["session", "remove"],
    usage: "corral session remove NAME [--kill]",
    brief: "Take a session away",
    flags: sessionRemoveFlags,
    args: "name",
    footer: exits,
    load: async () => typed((await import("./session-command.ts")).sessionRemoveCommand),
  },
  {
    path: ["session", "adopt"],
    usage: "corral session adopt NAME --pid PID | --unit NAME | --container ID [--json]",
    brief: "Put processes that run already into a session; for root",
    flags: sessionAdoptFlags,
    args: "name",
    footer: [
      "Memory that they were charged for before stays charged where it was.",
      "Exit status: 0; 1 some stayed; 125 refused or no guard answers, 2 usage.",
    ],
    load: async () => typed((await import("./session-command.ts")).sessionAdoptCommand),
  },
  {
    path: ["session", "report"],
    usage: "corral session report NAME [--json]",
    brief: "Say what the calls of a session were and used, tool by tool",
    flags: sessionListFlags,
    args: "name",
    footer: [
      "OVER: needed less than half of their budget. UNDER: used it up. WASTE: of all that was asked for.",
      ...exits,
    ],
    load: async () => typed((await import("./session-command.ts")).sessionReportCommand),
  },
  {
    path: ["session", "token"],
    usage: "corral session token NAME [--revoke] [--json]",
    brief: "Make the token by which processes outside act for a session",
    flags: sessionTokenFlags,
    args: "name",
    footer: ["Clients read it from CORRAL_SESSION_TOKEN: they may see the session and run tool calls in it.", ...exits],
    load: async () => typed((await import("./session-command.ts")).sessionTokenCommand),
  },
];
