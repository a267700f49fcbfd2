import { adaptiveCommands } from "./adaptive-commands.ts";
import { agentCommands } from "./agent-commands.ts";
import { attachFlags } from "./attach-flags.ts";
import { eventsFlags } from "./events-flags.ts";
import type { FlagTable } from "./flag-definition.ts";
import { fleetCommands } from "./fleet-commands.ts";
import { fleetHostCommands } from "./fleet-host-commands.ts";
import { runFlags } from "./full-run-flags.ts";
import { guardCommands } from "./guard-commands.ts";
import { jobCommands, proposeLive } from "./job-commands.ts";
import { metricsFlags } from "./metrics-flags.ts";
import { policyCommands } from "./policy-commands.ts";
import { scenarioCommands } from "./scenario-commands.ts";
import { scenarioLibraryCommands } from "./scenario-library-commands.ts";
import { scenarioResultCommands } from "./scenario-result-commands.ts";
import { schedulerFlags } from "./scheduler-flags.ts";
import { typed } from "./typed-command.ts";
import { updateFlags } from "./update-flags.ts";
import { vmKernelFlag, vmMachineFlags, vmTimeoutFlag } from "./vm-machine-flags.ts";
import { watchFlags } from "./watch-flags.ts";
import { workloadCommands } from "./workload-commands.ts";

/** What a command may ask of the program it belongs to. */
export interface Program {
  /** The command line, for a command that wants to know which of two flags came last. */
  readonly words: readonly string[];
  /** Words that could come next on a command line. */
  readonly propose: (words: readonly string[]) => Promise<readonly string[]>;
}

/** A command's work: flags as the parser found them and the arguments, giving the exit status. */
export type CommandFunction = (
  flags: Readonly<Record<string, unknown>>,
  args: readonly string[],
  program: Program,
) => Promise<number>;

/** One command as data: how it is called, what it takes, and where its code is, loaded only when it is called. */
export interface CommandDefinition {
  readonly path: readonly string[];
  readonly usage: string;
  readonly brief: string;
  readonly flags: FlagTable;
  /** Name of the arguments in help; null for a command without any. */
  readonly args: string | null;
  /** Proposes arguments; loaded when a shell asks. */
  readonly proposeArgs?: (partial: string) => Promise<readonly string[]>;
  readonly footer: readonly string[];
  readonly load: () => Promise<CommandFunction>;
}

const exitStatuses =
  "Exit status: the workload's own, 128+n on signal n; 124 timeout, 125 Corral failed,\n126 not executable, 127 not found, 2 usage.";

export const vmRunFlags = {
  ...vmMachineFlags,
  disks: { group: "Machine", common: true, value: "N", brief: "scratch NVMe disks of 256 MiB (1)" },
  kernel: vmKernelFlag,
  modules: { group: "Kernel and system", common: true, brief: "fetch the kernel's modules too" },
  init: { group: "Kernel and system", common: true, value: "WHAT", brief: "plain (default), or systemd as process 1" },
  env: {
    group: "Kernel and system",
    common: true,
    value: "NAME=VALUE",
    repeat: true,
    brief: "a variable of the command; nothing else is inherited",
  },
  timeout: vmTimeoutFlag,
  quiet: { group: "Kernel and system", common: true, brief: "no progress on stderr" },
} as const satisfies FlagTable;

export const doctorFlags = {
  json: { group: "Output", common: true, brief: "the same as one JSON document" },
} as const satisfies FlagTable;

/** Every command of the program. */
export const commands: readonly CommandDefinition[] = [
  {
    path: ["run"],
    usage: "corral run [flags] -- <command> [args…]",
    brief: "Run a program under limits, exit as it exits, and say what was enforced",
    flags: runFlags,
    args: "command",
    footer: [
      "Sizes: K M G T, powers of 1024. Durations: ms s m h; a bare number is seconds.",
      "Example: corral run --cpu-quota 50 --memory-limit 512 --timeout 5m -- make -j4",
      exitStatuses,
    ],
    load: async () => typed((await import("./full-run-command.ts")).fullRunCommand),
  },
  ...jobCommands,
  {
    path: ["attach"],
    usage: "corral attach --pid N[,N…] | --comm GLOB | --job ID [flags]",
    brief: "Put processes that run already under limits, watch them, and undo it when it is over",
    flags: attachFlags,
    args: null,
    footer: [
      "Example: corral attach --pid 4711 --cpu-quota 50 --memory-limit 512 --background",
      "Exit status: the workload's own where the kernel tells it, else 0; 128+n when signal n made",
      "Corral let go; 125 Corral failed, 2 usage. Of several processes the first that is not 0.",
    ],
    load: async () => typed((await import("./attach-command.ts")).attachCommand),
  },
  {
    path: ["update"],
    usage: "corral update ID [limits] [--strict] [--json]",
    brief: "Change the limits of a job that runs",
    flags: updateFlags,
    args: "job",
    proposeArgs: proposeLive,
    footer: [
      "What is not named stays as it is; max lifts a cap, --cpu-weight 100 is the default share.",
      "Exit status: 0; 125 no such job or --strict refused, 2 usage.",
    ],
    load: async () => typed((await import("./update-command.ts")).updateCommand),
  },
  {
    path: ["watch"],
    usage: "corral watch [--config FILE] [--check-config | --explain PID] [flags]",
    brief: "Find processes by rules and govern them, until it is told to stop",
    flags: watchFlags,
    args: null,
    footer: [
      "HUP reads the file again; TERM and INT end the watch, the workloads go on.",
      "Exit status: 0 stopped by a signal; 125 Corral failed, 2 usage or mistakes in the file.",
    ],
    load: async () => typed((await import("./watch-command.ts")).watchCommand),
  },
  {
    path: ["metrics"],
    usage: "corral metrics [--textfile FILE | --violations [--last N]] [--json]",
    brief: "Print what the results of all jobs add up to, as Prometheus reads it",
    flags: metricsFlags,
    args: null,
    footer: [
      "Without flags the Prometheus text goes to stdout.",
      "Exit status: 0; 125 the results cannot be read or FILE not written, 2 usage.",
    ],
    load: async () => typed((await import("./metrics-command.ts")).metricsCommand),
  },
  ...policyCommands,
  ...adaptiveCommands,
  ...workloadCommands,
  ...guardCommands,
  ...scenarioCommands,
  ...scenarioLibraryCommands,
  {
    path: ["events"],
    usage: "corral events [filters] [--opens] [--readline] [--record FILE | --replay FILE] [flags]",
    brief: "Tell which processes are forked, execute and end, as it happens or as it was recorded",
    flags: eventsFlags,
    args: null,
    footer: [
      "GLOB: * anything, ? one character, [a-z]; of a path nothing crosses a slash but ** between two.",
      "Example: corral events -c make,'cc*' --min-duration 100 --record build.jsonl",
      "Exit status: 0 stopped; 125 no such source, or a recording is damaged, 2 usage.",
    ],
    load: async () => typed((await import("./events-command.ts")).eventsCommand),
  },
  {
    path: ["scheduler"],
    usage: "corral scheduler [--group PATH]… [--full] [-i DURATION] [-s US] [-f] [-v] [--json]",
    brief: "Share the CPUs among groups by Corral's own scheduler, in kernels with sched_ext",
    flags: schedulerFlags,
    args: null,
    footer: [
      "Example: corral scheduler --group build --boost build/agent=10ms/100ms -i 5",
      "The kernel's own scheduler takes over when this ends, however that comes.",
      "Exit status: 0 stopped; 125 the kernel cannot take it or has put it away, 2 usage.",
    ],
    load: async () => typed((await import("./scheduler-command.ts")).schedulerCommand),
  },
  ...scenarioResultCommands,
  ...agentCommands,
  ...fleetCommands,
  ...fleetHostCommands,
  {
    path: ["doctor"],
    usage: "corral doctor [--json]",
    brief: "Say what this host can enforce, how that was probed, and what follows",
    flags: doctorFlags,
    args: null,
    footer: ["Exit status: 0; 2 usage."],
    load: async () => typed((await import("./doctor-command.ts")).doctorCommand),
  },
  {
    path: ["vm", "run"],
    usage: "corral vm run [flags] -- <command> [args…]",
    brief: "Run a command as root in a virtual machine with a current kernel and full cgroup v2",
    flags: vmRunFlags,
    args: "command",
    footer: [
      "The guest sees this host's files read-only; /tmp and /run are its own.",
      "Exit status: the command's own; 124 timeout, 125 the machine failed, 2 usage.",
    ],
    load: async () => typed((await import("./vm-command.ts")).vmRunCommand),
  },
  {
    path: ["completion"],
    usage: "corral completion bash|zsh|fish",
    brief: "Print a shell's completion script",
    flags: {},
    args: "shell",
    proposeArgs: async (partial) => ["bash", "zsh", "fish"].filter((shell) => shell.startsWith(partial)),
    footer: ['bash: eval "$(corral completion bash)"'],
    load: async () => typed((await import("./completion-command.ts")).completionCommand),
  },
];
