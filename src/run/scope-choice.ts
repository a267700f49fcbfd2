import { scopeCanBeAsked } from "../cgroup/index.ts";
import { lookFrom, planSites } from "./group-setup.ts";
import type { HostFacts, RunPlan } from "./plan.ts";
import type { GovernSpec } from "./spec.ts";

/**
 * Whether systemd is to make the group of a run: it was asked for, or nothing else is left on a host whose groups
 * systemd manages and this user has no delegated subtree.
 * @param ownPid the process whose groups `facts` tells
 * @throws CorralError CGROUP_PARENT when an explicit parent does not exist
 */
export function usesSystemd(spec: GovernSpec, plan: RunPlan, facts: HostFacts, ownPid: number = process.pid): boolean {
  if (spec.scope !== "auto") return spec.scope === "systemd";
  if (plan.needed.length === 0 || spec.cgroupParent !== null || facts.cgroups.kind !== "v2") return false;
  if (!scopeCanBeAsked(process.getuid?.() ?? 0, process.env)) return false;
  const request = {
    plan,
    host: facts.cgroups,
    jobId: "x",
    cgroupParent: null,
    unifiedParent: null,
    ...lookFrom(ownPid),
  };
  return planSites(request).sites.every((site) => site.controllers.length === 0);
}
