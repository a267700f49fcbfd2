import type { FlagTable } from "./flag-definition.ts";

export const guardFlags = {
  "cgroup-root": {
    group: "Guard",
    common: true,
    value: "PATH",
    brief: "directory of the root group (/sys/fs/cgroup/agentcg)",
  },
  config: {
    group: "Guard",
    common: true,
    value: "FILE",
    brief: "sessions, tenants and rules; without it the two of old",
  },
  socket: { group: "Guard", value: "PATH", brief: "where clients connect (/run/corral-guard/guard.sock)" },
  "monitor-only": { group: "Guard", common: true, brief: "change nothing: tell events, and what would be done" },
  scheduler: {
    group: "Guard",
    common: true,
    value: "BACKEND",
    choices: ["fair", "scx"],
    brief: "who gives out CPU time: fair (default), the kernel, or scx, Corral's",
  },
  "no-scheduler": { group: "Guard", common: true, brief: "no scheduler of its own, whatever the file says: fair" },
  policy: {
    group: "Guard",
    common: true,
    value: "NAME",
    choices: ["none", "static", "high-only", "fallback", "two-stage"],
    brief: "how memory is protected beyond limits (two-stage)",
  },
  "no-memcg": { group: "Guard", common: true, brief: "the same as --policy none" },
  "check-config": { group: "Guard", common: true, brief: "judge the file, say every mistake with its line, and exit" },
  "on-stop": {
    group: "Guard",
    common: true,
    value: "WHAT",
    choices: ["release", "keep"],
    brief: "at the end: release (default) all limits, or keep them for the next",
  },
  opens: { group: "Events", common: true, brief: "also the files that processes open (FILE_OPEN)" },
  "all-events": { group: "Events", common: true, brief: "events of the whole host, not of sessions alone" },
  quiet: { group: "Events", common: true, brief: "no events on stdout" },
} as const satisfies FlagTable;
