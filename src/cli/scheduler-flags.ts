import type { FlagTable } from "./flag-definition.ts";

/** Flags of `corral scheduler`. */
export const schedulerFlags = {
  group: {
    group: "Tasks",
    common: true,
    value: "PATH",
    repeat: true,
    brief: "give the tasks of this group and below to the scheduler",
  },
  full: { group: "Tasks", common: true, brief: "all ordinary tasks of the host, not only those given to it" },
  boost: {
    group: "Tasks",
    common: true,
    value: "PATH=BUDGET/PERIOD",
    repeat: true,
    brief: "its tasks run at once when they wake up, BUDGET per PERIOD",
  },
  slice: {
    group: "Scheduling",
    common: true,
    short: "s",
    value: "US",
    brief: "microseconds a task runs before others have their turn (5000)",
  },
  fifo: {
    group: "Scheduling",
    common: true,
    short: "f",
    brief: "tasks of one group in the order they came, whatever their nice value",
  },
  watchdog: {
    group: "Scheduling",
    common: true,
    value: "DURATION",
    brief: "how long a task may wait before the kernel takes over, 30s at most (30s)",
  },
  stall: { group: "Scheduling", brief: "to try the watchdog: what waits is never run" },
  interval: {
    group: "Output",
    common: true,
    short: "i",
    value: "DURATION",
    brief: "time between two tables (2s); 0: none",
  },
  json: { group: "Output", common: true, brief: "JSON lines" },
  duration: { group: "Output", common: true, value: "DURATION", brief: "stop after this time" },
  verbose: { group: "Output", common: true, short: "v", brief: "every counter and every group in the tables" },
} as const satisfies FlagTable;
