import type { ProgramName } from "../policy/workload/settings/index.ts";
import { programNames, programs } from "../policy/workload/settings/index.ts";
import type { CommandDefinition } from "./commands.ts";
import { workloadFlags, workloadMatrixFlags } from "./workload-flags.ts";

const workload = (name: ProgramName): CommandDefinition => ({
  path: ["workload", name],
  usage: `corral workload ${name} [flags]`,
  brief: programs[name].brief,
  flags: workloadFlags(name),
  args: null,
  footer: [
    "TERM and INT end it early; the result is told all the same.",
    "Exit status: 0; 128+n ended by signal n; 125 Corral failed, 2 usage.",
  ],
  load: async () => {
    const { workloadCommand } = await import("./workload-command.ts");
    return (flags) => workloadCommand(name, flags as Readonly<Record<string, string | boolean>>);
  },
});

/** The workloads that policies are tried on. */
export const workloadCommands: readonly CommandDefinition[] = [
  ...programNames.map(workload),
  {
    path: ["workload", "matrix"],
    usage: "corral workload matrix [flags]",
    brief: "Run every workload under a policy of its own and say what came of it",
    flags: workloadMatrixFlags,
    args: null,
    footer: [
      `Workloads: ${programNames.slice(0, 4).join(", ")},`,
      `${programNames.slice(4).join(", ")}.`,
      "Exit status: 0; 1 a workload or its controller failed, the others ran all the same;",
      "125 Corral failed, 2 usage; 128+n ended by signal n.",
    ],
    load: async () => {
      const { workloadMatrixCommand } = await import("./workload-matrix-command.ts");
      return (flags) => workloadMatrixCommand(flags);
    },
  },
];
