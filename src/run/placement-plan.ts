import { planSites } from "./group-setup.ts";
import { gatherHostFacts } from "./host-facts.ts";
import type { RunPlan } from "./plan.ts";
import { planRun } from "./plan.ts";
import type { RunSpec } from "./spec.ts";

/** A run's plan with the directories its group would have; the answer of `--dry-run`. */
export interface PlacementPlan {
  readonly plan: RunPlan;
  readonly directories: readonly { readonly path: string; readonly controllers: readonly string[] }[];
  /** Why needed controllers could not have a group. */
  readonly obstacles: readonly string[];
}

/**
 * Plans a run on this host without touching anything.
 * @throws CorralError CGROUP_PARENT when an explicit parent does not exist
 */
export function planPlacement(spec: RunSpec, jobId: string): PlacementPlan {
  const facts = gatherHostFacts(spec);
  const plan = planRun(spec, facts);
  if (!plan.group) return { plan, directories: [], obstacles: [] };
  const { sites, refusals } = planSites({
    plan,
    host: facts.cgroups,
    jobId,
    cgroupParent: spec.cgroupParent,
    unifiedParent: null,
  });
  return {
    plan,
    directories: sites.map((site) => ({
      path: `${site.parent.directory}/corral-${jobId}`,
      controllers: [...site.controllers, ...site.optional],
    })),
    obstacles: refusals.map((one) => `${one.controllers.join(", ")}: ${one.reason}`),
  };
}
