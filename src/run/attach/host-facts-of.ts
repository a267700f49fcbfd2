import { hostCgroupsReader } from "../../cgroup/index.ts";
import { gatherHostFacts } from "../host-facts.ts";
import type { HostFacts } from "../plan.ts";
import type { GovernSpec } from "../spec.ts";

/** What planning must know of the host, its cgroups as a given process stands in them. */
export const hostFactsOf = (spec: GovernSpec, pid: number): HostFacts =>
  gatherHostFacts(spec, hostCgroupsReader()(pid));
