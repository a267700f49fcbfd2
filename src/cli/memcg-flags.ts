import type { FlagTable } from "./flag-definition.ts";

/** Flags of `corral memcg`: those of the original's program, with the same meaning as far as mainline has it. */
export const memcgFlags = {
  high: { group: "Groups", common: true, short: "H", value: "PATH", brief: "group that is protected" },
  low: {
    group: "Groups",
    common: true,
    short: "L",
    value: "PATH",
    repeat: true,
    brief: "group that memory is taken from; may be given several times",
  },
  "delay-ms": {
    group: "Protection",
    common: true,
    short: "d",
    value: "N",
    brief: "taken, not used: mainline has no such delay",
  },
  threshold: {
    group: "Protection",
    common: true,
    short: "t",
    value: "N",
    brief: "page faults per second above which --below-low and -min hold (1)",
  },
  "below-low": {
    group: "Protection",
    common: true,
    short: "l",
    brief: "then memory.low covers all that the high group has",
  },
  "below-min": {
    group: "Protection",
    common: true,
    short: "m",
    brief: "then memory.min covers all that the high group has",
  },
  "dry-run": { group: "Protection", common: true, brief: "say what would be done, write nothing" },
  verbose: { group: "Output", common: true, short: "v", brief: "a line of figures every second" },
} as const satisfies FlagTable;
