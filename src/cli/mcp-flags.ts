import type { FlagTable } from "./flag-definition.ts";

export const mcpFlags = {
  session: { group: "Guard", common: true, value: "NAME", brief: "where calls run (the one that the server is in)" },
  socket: { group: "Guard", common: true, value: "PATH", brief: "the guard's socket (/run/corral-guard/guard.sock)" },
} as const satisfies FlagTable;
