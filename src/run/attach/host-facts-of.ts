import { hostCgroupsReader, seenFrom } from "../../cgroup/index.ts";
import { gatherHostFacts } from "../host-facts.ts";
import type { HostFacts } from "../plan.ts";
import type { GovernSpec } from "../spec.ts";

/**
 * What planning must know of the host, its cgroups as a given process stands in them. A relative parent counts from this
 * process's own group all the same, as for a run.
 */
export function hostFactsOf(spec: GovernSpec, pid: number): HostFacts {
  const hostOf = hostCgroupsReader();
  const relative = spec.cgroupParent !== null && !spec.cgroupParent.startsWith("/");
  return gatherHostFacts(spec, relative ? seenFrom(hostOf(pid), hostOf("self")) : hostOf(pid));
}
