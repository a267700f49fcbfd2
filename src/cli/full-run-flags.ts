import type { FlagTable, RawFlags } from "./flag-definition.ts";
import { proposeGroups, proposeUsers } from "./propose-host-names.ts";
import { everydayRunFlags } from "./run-flags.ts";

/** Every flag of `corral run`. What is only here is not known to the program of an everyday run (run-main.ts). */
export const runFlags = {
  ...everydayRunFlags,
  user: { ...everydayRunFlags.user, propose: proposeUsers },
  group: { ...everydayRunFlags.group, propose: proposeGroups },
  "dry-run": { group: "Report", common: true, brief: "print what would be done, and do nothing" },
  capture: {
    group: "Output and background",
    common: true,
    brief: "keep stdout and stderr in files, for corral logs",
  },
  background: {
    group: "Output and background",
    common: true,
    brief: "start it with --capture, print its id and leave at once",
  },
} as const satisfies FlagTable;

export type RunFlagName = keyof typeof runFlags;

/** What the parser hands over: texts and switches by flag name, not yet judged. */
export type RawRunFlags = RawFlags<typeof runFlags>;
