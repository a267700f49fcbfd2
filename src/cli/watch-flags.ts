import type { FlagTable } from "./flag-definition.ts";

export const watchFlags = {
  config: {
    group: "Rules",
    common: true,
    value: "FILE",
    brief: "the file of rules (/etc/corral/watch.yaml)",
  },
  "check-config": { group: "Rules", common: true, brief: "judge the file, say every mistake with its line, and exit" },
  explain: {
    group: "Rules",
    common: true,
    value: "PID",
    brief: "say which rule has a process, and why each other has not, and exit",
  },
  "on-stop": {
    group: "Jobs",
    common: true,
    value: "WHAT",
    choices: ["keep", "release"],
    brief: "at the end: keep (default) the limits for the next watch, or release",
  },
  json: {
    group: "Output",
    common: true,
    brief: "one JSON document per event on stdout; with --explain, one document",
  },
  quiet: { group: "Output", common: true, brief: "no lines on stderr while it runs" },
} as const satisfies FlagTable;
