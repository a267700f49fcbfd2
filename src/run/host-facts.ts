import { readFileSync } from "node:fs";
import type { HostCgroups } from "../cgroup/index.ts";
import { discoverHostCgroups, listDisks, weightedDisks } from "../cgroup/index.ts";
import type { HostFacts } from "./plan.ts";
import type { GovernSpec } from "./spec.ts";

function autogroupEnabled(): boolean {
  try {
    return readFileSync("/proc/sys/kernel/sched_autogroup_enabled", "latin1").trim() === "1";
  } catch {
    return false;
  }
}

/**
 * Gathers what planning must know of this host; only what the spec makes relevant is read.
 * @param cgroups the host's cgroups as another process stands in them
 */
export function gatherHostFacts(spec: GovernSpec, cgroups: HostCgroups = discoverHostCgroups()): HostFacts {
  const disks = spec.limits.ioWeight === undefined ? [] : weightedDisks(listDisks(cgroups.unified?.mountPoint ?? null));
  return { cgroups, weightedDisks: disks, autogroup: spec.attributes.nice !== null && autogroupEnabled() };
}
