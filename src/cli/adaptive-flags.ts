import type { FlagTable } from "./flag-definition.ts";
import { proposePids } from "./propose-targets.ts";

/** The flags that both adaptive policies have. */
const sharedFlags = {
  duration: { group: "Run", common: true, value: "DURATION", brief: "end after this; without it, when told to" },
  "dry-run": { group: "Run", common: true, brief: "decide everything, do nothing" },
  json: { group: "Output", common: true, brief: "one JSON document per step on stdout, the summary last" },
  quiet: { group: "Output", common: true, brief: "no lines on stderr while it runs" },
} as const satisfies FlagTable;

export const adaptiveReclaimFlags = {
  cgroup: { group: "Target", common: true, value: "PATH", brief: "the group, as in /proc/PID/cgroup" },
  interval: { group: "Law", common: true, value: "DURATION", brief: "between two decisions (6)" },
  ratio: {
    group: "Law",
    common: true,
    value: "PERCENT",
    brief: "of the memory in use, per interval without any stall (0.05)",
  },
  target: {
    group: "Law",
    common: true,
    value: "PERCENT",
    brief: "of an interval that processes may be stalled for want of memory (0.1)",
  },
  cap: { group: "Law", common: true, value: "PERCENT", brief: "of the memory in use, asked for at once at most (1)" },
  "min-size": { group: "Bounds", common: true, value: "SIZE", brief: "the group is never brought below this (100M)" },
  "max-pause": {
    group: "Bounds",
    value: "N",
    brief: "longest pause after stall above the target, in intervals (8)",
  },
  "swap-free": { group: "Bounds", value: "PERCENT", brief: "of the swap; below it only page cache is taken (20)" },
  "write-rate": {
    group: "Bounds",
    value: "SIZE|max",
    brief: "per second to swap on disk; above it only page cache is taken (1M)",
  },
  ...sharedFlags,
} as const satisfies FlagTable;

export const adaptiveCompactFlags = {
  pid: {
    group: "Target",
    common: true,
    value: "N[,N…]",
    propose: proposePids,
    brief: "processes, each watched by itself",
  },
  cgroup: { group: "Target", common: true, value: "PATH", brief: "all processes of a group, watched as one" },
  interval: { group: "Law", common: true, value: "DURATION", brief: "between two looks (1)" },
  "idle-cpu": { group: "Law", common: true, value: "PERCENT", brief: "of one CPU up to which it is idle (2)" },
  idle: { group: "Law", common: true, value: "DURATION", brief: "idle for so long: its memory is made cold (10)" },
  "pageout-after": {
    group: "Law",
    common: true,
    value: "DURATION",
    brief: "idle for so long after that: it is paged out (10)",
  },
  "cold-every": { group: "Bounds", value: "DURATION", brief: "least time between making it cold twice (5)" },
  "pageout-every": { group: "Bounds", value: "DURATION", brief: "least time between paging it out twice (10)" },
  "min-rss": { group: "Bounds", common: true, value: "SIZE", brief: "less resident memory is left alone (12000K)" },
  "min-growth": {
    group: "Bounds",
    value: "SIZE",
    brief: "so much more must be resident to page it out again (8000K)",
  },
  budget: { group: "Bounds", value: "DURATION", brief: "per look that the kernel may be busy with it (200ms)" },
  ...sharedFlags,
} as const satisfies FlagTable;
