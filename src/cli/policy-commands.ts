import type { CommandDefinition } from "./commands.ts";
import { policyExplainFlags, policyRunFlags, policyTestFlags } from "./policy-flags.ts";
import { policyImportFlags } from "./policy-import-flags.ts";
import { typed } from "./typed-command.ts";

/** The commands of policies. */
export const policyCommands: readonly CommandDefinition[] = [
  {
    path: ["policy", "run"],
    usage: "corral policy run [--rules FILE | --delay-sec DURATION] [flags]",
    brief: "Act on processes when conditions hold, and record what came of it",
    flags: policyRunFlags,
    args: null,
    footer: [
      "Classic, without --rules: some time after its exec each enrolled workload is asked to compress.",
      "Durations: ms s m h; a bare number is seconds. HUP reads the rules again; TERM and INT end it.",
      "Records and recordings that are there are moved to FILE.1, …; any other file is left alone.",
      "Example: corral policy run --delay-sec 10 --csv attempts.csv",
      "Exit status: 0 stopped by a signal; 125 Corral failed, 2 usage or mistakes in the file.",
    ],
    load: async () => typed((await import("./policy-run-command.ts")).policyRunCommand),
  },
  {
    path: ["policy", "explain"],
    usage: "corral policy explain PID [--rules FILE] [--json]",
    brief: "Say of every rule why it has a process or not, and what it waits for",
    flags: policyExplainFlags,
    args: "pid",
    footer: ["Exit status: 0; 125 there is no such process, 2 usage or mistakes in the rules."],
    load: async () => typed((await import("./policy-explain-command.ts")).policyExplainCommand),
  },
  {
    path: ["policy", "test"],
    usage: "corral policy test --replay FILE [--rules FILE] [--json]",
    brief: "Decide a recording again: the same by its own rules, or what others would have done",
    flags: policyTestFlags,
    args: null,
    footer: [
      "Nothing is done to any process. With the recorded rules every decision must be the same.",
      "Exit status: 0; 1 a decision differs, 125 the recording is damaged, 2 usage or wrong rules.",
    ],
    load: async () => typed((await import("./policy-test-command.ts")).policyTestCommand),
  },
  {
    path: ["policy", "import"],
    usage: "corral policy import FILE… [--jsonl FILE] [--csv FILE] [--partial] [--json]",
    brief: "Read files of records, the original controller's too, and say what they add up to",
    flags: policyImportFlags,
    args: "file",
    footer: [
      "FILE: CSV or JSON lines of corral policy run, or CSV of the original with 30 or 33 columns.",
      "Exit status: 0; 125 a file is no file of records, was cut, or cannot be written; 2 usage.",
    ],
    load: async () => typed((await import("./policy-import-command.ts")).policyImportCommand),
  },
  {
    path: ["policy", "check"],
    usage: "corral policy check FILE",
    brief: "Judge a file of rules and say every mistake with its line",
    flags: {},
    args: "file",
    footer: ["Exit status: 0; 2 mistakes in the file."],
    load: async () => typed((await import("./policy-check-command.ts")).policyCheckCommand),
  },
];
