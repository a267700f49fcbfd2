import { readFileSync } from "node:fs";
import { discoverHostCgroups, listDisks, weightedDisks } from "../cgroup/index.ts";
import type { HostFacts } from "./plan.ts";
import type { RunSpec } from "./spec.ts";

function autogroupEnabled(): boolean {
  try {
    return readFileSync("/proc/sys/kernel/sched_autogroup_enabled", "latin1").trim() === "1";
  } catch {
    return false;
  }
}

/** Gathers what planning must know of this host; only what the spec makes relevant is read. */
export function gatherHostFacts(spec: RunSpec): HostFacts {
  const cgroups = discoverHostCgroups();
  const disks = spec.limits.ioWeight === undefined ? [] : weightedDisks(listDisks(cgroups.unified?.mountPoint ?? null));
  return { cgroups, weightedDisks: disks, autogroup: spec.attributes.nice !== null && autogroupEnabled() };
}
