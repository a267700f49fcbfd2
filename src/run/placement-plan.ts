import type { LimitKey } from "../cgroup/index.ts";
import { scopeName } from "../cgroup/index.ts";
import { niceBelowAutogroup } from "./attributes.ts";
import { lookOnly, planSites } from "./group-setup.ts";
import { gatherHostFacts } from "./host-facts.ts";
import type { Numbered } from "./lacking-cpus.ts";
import { findLacking } from "./lacking-cpus.ts";
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
  /** Limits that would certainly fail, each with the reason. */
  readonly failing: readonly string[];
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
  const weaker = [...weakerLimits(plan, facts), ...weakerNice(plan, facts)];
  const planned = (cpuset: string | null) => {
    const cpus = cpuObstacles(plan, cpuset);
    return { plan, failing: cpus.failing, weaker: [...weaker, ...cpus.weaker] };
  };
  if (!plan.group) return { ...planned(ownCpuset(facts)), directories: [], obstacles: [], scope: null };
  if (usesSystemd(spec, plan, facts)) {
    const controllers = [...plan.needed, ...plan.wanted];
    const path = `${scopeName(jobId)}/corral-${jobId}`;
    const obstacles =
      facts.cgroups.kind === "v2" ? [] : ["--scope systemd needs a host whose controllers are all on cgroup v2"];
    return { ...planned(null), directories: [{ path, controllers }], obstacles, scope: scopeName(jobId) };
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
  const cpuset = sites.find(({ controllers }) => controllers.includes("cpuset"))?.parent.directory;
  return {
    ...planned(cpuset ?? ownCpuset(facts)),
    directories: sites.map((site) => ({
      path: `${site.parent.directory}/corral-${jobId}`,
      controllers: [...site.controllers, ...site.optional],
    })),
    scope: null,
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

/** Without a cpu group of its own a job's nice value is only a nice value. */
const weakerNice = ({ attributes: { nice }, needed }: RunPlan, { autogroup }: HostFacts): string[] =>
  nice === null || !autogroup || needed.includes("cpu") ? [] : [`nice ${nice}: ${niceBelowAutogroup}`];

const ownCpuset = ({ cgroups }: HostFacts): string | null => cgroups.owner.cpuset?.ownDirectory ?? null;

/**
 * Cpusets that the kernel would refuse, and what it would leave of an affinity.
 * @param cpuset the group, or its parent, whose CPUs and memory nodes are all that can be had; null when not known
 */
function cpuObstacles(
  { limits, attributes }: RunPlan,
  cpuset: string | null,
): Pick<PlacementPlan, "failing" | "weaker"> {
  const sets = limits.planned.flatMap(({ key, name, requested }) => {
    const kind = cpusetLists[key];
    const lacking = kind === undefined ? null : findLacking(requested, kind, cpuset);
    return lacking === null ? [] : [`${name} ${requested}: ${lacking.reason}`];
  });
  const { affinity } = attributes;
  const lacking = affinity === null ? null : findLacking(affinity, "cpus", cpuset);
  if (lacking === null) return { failing: sets, weaker: [] };
  const line = `affinity ${affinity}: ${lacking.reason}`;
  return lacking.all ? { failing: [...sets, line], weaker: [] } : { failing: sets, weaker: [line] };
}

const cpusetLists: Readonly<Partial<Record<LimitKey, Numbered>>> = { cpusetCpus: "cpus", cpusetMems: "mems" };
