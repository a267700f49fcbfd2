import type { FlagTable, RawFlags } from "./flag-definition.ts";
import { jobTermFlags } from "./job-term-flags.ts";
import { limitFlags } from "./limit-flags.ts";
import { proposeJobIds, proposeNames, proposePids } from "./propose-targets.ts";

/** Every flag of `corral attach`: whom, the limits, then what is an attach's own. */
export const attachFlags = {
  pid: {
    group: "Target",
    common: true,
    value: "N[,N…]",
    propose: proposePids,
    brief: "these processes, each with its tree; a job for each",
  },
  comm: {
    group: "Target",
    common: true,
    value: "GLOB",
    propose: proposeNames,
    brief: "all processes with such a name (what they call themselves)",
  },
  job: {
    group: "Target",
    common: true,
    value: "ID[,ID…]",
    propose: proposeJobIds,
    brief: "a job that its Corral left, or was killed at: take it up",
  },
  "no-tree": { group: "Target", common: true, brief: "the process alone, without what descends from it now" },

  ...limitFlags,

  once: { group: "Attaching", common: true, brief: "apply and leave at once; the limits stay" },
  background: { group: "Attaching", common: true, brief: "apply, watch from the background, print the job id" },
  "keep-limits": { group: "Attaching", common: true, brief: "do not undo anything when Corral leaves" },
  "force-move": {
    group: "Attaching",
    common: true,
    brief: "move it even out of a container's or systemd unit's group",
  },

  json: { group: "Report", common: true, brief: "report to stdout" },
  report: { group: "Report", common: true, value: "FILE", brief: "report to FILE" },
  quiet: { group: "Report", common: true, brief: "no summary and no warnings on stderr" },
  "dry-run": { group: "Report", common: true, brief: "print what would be done, and do nothing" },

  strict: { group: "Job and placement", common: true, brief: "undo everything unless every limit is applied" },
  ...jobTermFlags,
} as const satisfies FlagTable;

export type AttachFlagName = keyof typeof attachFlags;

/** What the parser hands over: texts and switches by flag name, not yet judged. */
export type RawAttachFlags = RawFlags<typeof attachFlags>;
