import type { FlagTable } from "./flag-definition.ts";

export const toolRunFlags = {
  session: { group: "Tool", common: true, value: "NAME", brief: "where it runs (the one that the caller is in)" },
  hint: {
    group: "Tool",
    common: true,
    value: "HINT",
    brief: "what it needs, such as 'memory:512m time=5m' ($AGENT_RESOURCE_HINT)",
  },
  retry: {
    group: "Tool",
    common: true,
    value: "N",
    brief: "run it again, 2 times at most, when its budget of memory was used up",
  },
  idempotent: { group: "Tool", common: true, brief: "running it twice does no harm; without it --retry only advises" },
  report: { group: "Output", common: true, value: "FILE", brief: "write what it was and used as JSON" },
  socket: { group: "Guard", common: true, value: "PATH", brief: "the guard's socket (/run/corral-guard/guard.sock)" },
} as const satisfies FlagTable;

export const shimInstallFlags = {
  dir: { group: "Tool", common: true, value: "DIR", brief: "where `bash` is put; goes first on the agent's PATH" },
} as const satisfies FlagTable;
