import { scopeName } from "../cgroup/index.ts";
import { lookOnly, planSites } from "./group-setup.ts";
import { gatherHostFacts } from "./host-facts.ts";
import type { HostFacts, RunPlan } from "./plan.ts";
import { planRun } from "./plan.ts";
import { usesSystemd } from "./scope-choice.ts";
import type { GovernSpec } from "./spec.ts";

/** A run's plan with the directories its group would have; the answer of `--dry-run`. */
export interface PlacementPlan {
  readonly plan: RunPlan;
  readonly directories: readonly { readonly path: string; readonly controllers: readonly string[] }[];
  /** Why needed controllers could not have a group. */
  readonly obstacles: readonly string[];
  /** Limits that would stand in a weaker form only, each with the reason. */
  readonly weaker: readonly string[];
  /** Unit that systemd would be asked for, or null. */
  readonly scope: string | null;
}

/** The host as the process sees it that is to be governed. */
export interface PlacementView {
  readonly facts: HostFacts;
  readonly plan: RunPlan;
  /** The process that may step aside in its group; null: none may. */
  readonly ownPid: number | null;
}

function ownView(spec: GovernSpec): PlacementView {
  const facts = gatherHostFacts(spec);
  return { facts, plan: planRun(spec, facts), ownPid: lookOnly.ownPid };
}

/**
 * Plans a run on this host without touching anything.
 * @throws CorralError CGROUP_PARENT when an explicit parent does not exist
 */
export function planPlacement(
  spec: GovernSpec,
  jobId: string,
  { facts, plan, ownPid }: PlacementView = ownView(spec),
): PlacementPlan {
  const weaker = weakerLimits(plan, facts);
  if (!plan.group) return { plan, directories: [], obstacles: [], weaker, scope: null };
  if (usesSystemd(spec, plan, facts)) {
    const controllers = [...plan.needed, ...plan.wanted];
    const path = `${scopeName(jobId)}/corral-${jobId}`;
    const obstacles =
      facts.cgroups.kind === "v2" ? [] : ["--scope systemd needs a host whose controllers are all on cgroup v2"];
    return { plan, directories: [{ path, controllers }], obstacles, weaker, scope: scopeName(jobId) };
  }
  const { sites, refusals } = planSites({
    plan,
    host: facts.cgroups,
    jobId,
    cgroupParent: spec.cgroupParent,
    unifiedParent: null,
    ...lookOnly,
    ownPid,
  });
  return {
    plan,
    directories: sites.map((site) => ({
      path: `${site.parent.directory}/corral-${jobId}`,
      controllers: [...site.controllers, ...site.optional],
    })),
    scope: null,
    weaker,
    obstacles: refusals.map((one) => `${one.controllers.join(", ")}: ${one.reason}`),
  };
}

function weakerLimits(plan: RunPlan, facts: HostFacts): string[] {
  const inert =
    facts.weightedDisks.length === 0 ? ["no disk uses BFQ or iocost, so the kernel ignores the weight"] : [];
  return plan.limits.planned.flatMap((limit) => {
    const reasons = limit.key === "ioWeight" ? inert : limit.weaker === undefined ? [] : [limit.weaker];
    return reasons.map((reason) => `${limit.name} ${limit.requested}: ${reason}`);
  });
}
