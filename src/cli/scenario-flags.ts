import type { FlagTable } from "./flag-definition.ts";
import { vmKernelFlag, vmMachineFlags, vmTimeoutFlag } from "./vm-machine-flags.ts";

const topology = {
  group: "Where",
  common: true,
  value: "TOPOLOGY",
  brief: "cpus=8,numa=2,llc=4,threads=1 or 2n4l2c1t (this host)",
} as const;

export const scenarioPlanFlags = {
  topology,
  json: { group: "Output", common: true, brief: "the plan as one JSON document" },
} as const satisfies FlagTable;

export const scenarioListFlags = {
  json: { group: "Output", common: true, brief: "the list as one JSON document" },
} as const satisfies FlagTable;

export const scenarioCheckFlags = { topology } as const satisfies FlagTable;

/** Flags of the guest that `--vm` boots. */
export const scenarioGuestFlags = {
  ...vmMachineFlags,
  kernel: vmKernelFlag,
  timeout: { ...vmTimeoutFlag, brief: "kill the guest after this; exit status 125 (10m)" },
} as const satisfies FlagTable;

export const scenarioRunFlags = {
  repeat: { group: "Run", common: true, value: "N", brief: "run it N times, one after the other (1)" },
  supervise: {
    group: "Run",
    common: true,
    value: "PID",
    repeat: true,
    brief: "a process that must live: its end ends the run at once",
  },
  "cgroup-parent": {
    group: "Run",
    value: "PATH",
    brief: "make its group below this one, which exists (where a job's would be)",
  },
  dilation: {
    group: "Run",
    value: "N",
    brief: "stretch limits in time by N instead of measuring how slow this is",
  },
  vm: { group: "Machine", common: true, brief: "run it in a guest with a current kernel, as corral vm run does" },
  ...scenarioGuestFlags,
  json: { group: "Output", common: true, brief: "the judged run as one JSON document; with --repeat a list" },
  report: { group: "Output", common: true, value: "FILE", brief: "write that document to FILE" },
  html: { group: "Output", common: true, value: "FILE", brief: "write a page with the timeline to FILE" },
  junit: { group: "Output", common: true, value: "FILE", brief: "write JUnit XML to FILE" },
  quiet: { group: "Output", common: true, short: "q", brief: "say nothing while it runs" },
} as const satisfies FlagTable;
