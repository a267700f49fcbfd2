import type { FlagTable } from "./flag-definition.ts";

/** The machine that a guest is: of every command that boots one. */
export const vmMachineFlags = {
  cpus: { group: "Machine", common: true, value: "N", brief: "virtual CPUs (2)" },
  numa: { group: "Machine", common: true, value: "N", brief: "NUMA nodes the CPUs and memory are split into (1)" },
  memory: { group: "Machine", common: true, value: "SIZE", brief: "memory of the guest; a bare number is MiB (2048)" },
} as const satisfies FlagTable;

export const vmKernelFlag = {
  group: "Kernel and system",
  common: true,
  value: "WHICH",
  brief: "debian-oldstable, -stable, -latest (default) or the path of an image",
} as const;

export const vmTimeoutFlag = {
  group: "Kernel and system",
  common: true,
  value: "DURATION",
  brief: "kill the guest after this; exit status 124 (10m)",
} as const;
