import { existsSync } from "node:fs";
import type { Controller, GroupSite, Hierarchy, HostCgroups, NoParent, Parent } from "../cgroup/index.ts";
import { explainErrno, GroupHandle, mayClimb, selectParent, systemdIsRunning } from "../cgroup/index.ts";
import { CorralError } from "../report/index.ts";
import type { RunPlan } from "./plan.ts";

/** A group made for a job, or the reasons why parts of it could not be. */
export interface GroupSetup {
  readonly group: GroupHandle | null;
  /** Needed controllers without a group, each with the reason. */
  readonly unavailable: ReadonlyMap<Controller, string>;
  /** True when a needed group was refused for want of permission. */
  readonly denied: boolean;
}

export interface GroupSetupRequest {
  readonly plan: RunPlan;
  readonly host: HostCgroups;
  readonly jobId: string;
  readonly cgroupParent: string | null;
  /** A parent that somebody else prepared, a systemd scope, for the v2 hierarchy. */
  readonly unifiedParent: Parent | null;
  /** The process that may step aside when it is alone in the group that is to hold the job's: only ever this one. */
  readonly ownPid: number | null;
  /** Told which directories are about to be made, so that they can be recorded first. */
  readonly onPlanned: (paths: readonly string[]) => void;
}

/** The rest of a request that only asks where a group of this process would go. */
export const lookOnly = { ownPid: process.pid, onPlanned: () => {} } as const;

/** Highest number tried for a leaf whose plain name is taken by the remains of an earlier job. */
const maxLeafNumber = 100;

interface Wanted {
  readonly hierarchy: Hierarchy;
  readonly needed: readonly Controller[];
  readonly wanted: readonly Controller[];
}

/** The hierarchies a job's group spans: every one that a limit needs, those that count, and the v2 mount for tracking. */
function hierarchiesFor(request: GroupSetupRequest): Wanted[] {
  const { plan, host } = request;
  return host.hierarchies
    .map((hierarchy) => ({
      hierarchy,
      needed: plan.needed.filter((controller) => host.owner[controller] === hierarchy),
      wanted: plan.wanted.filter((controller) => host.owner[controller] === hierarchy),
    }))
    .filter(({ hierarchy, needed, wanted }) => needed.length > 0 || wanted.length > 0 || hierarchy === host.unified);
}

const leafName = (jobId: string, attempt: number): string => `corral-${jobId}${attempt === 1 ? "" : `-${attempt}`}`;

function freeLeaf(jobId: string, sites: readonly GroupSite[]): string {
  for (let attempt = 1; attempt <= maxLeafNumber; attempt += 1) {
    const leaf = leafName(jobId, attempt);
    if (!sites.some((site) => existsSync(`${site.parent.directory}/${leaf}`))) return leaf;
  }
  throw new CorralError("CGROUP_IO", `${maxLeafNumber} groups named ${leafName(jobId, 1)} already exist`, {
    object: jobId,
    fix: "remove what earlier jobs left behind, or choose another --job-id",
  });
}

/** Controllers that a limit needs and that cannot have a group. */
export interface Refusal {
  readonly controllers: readonly Controller[];
  readonly reason: string;
  /** A matter of permission. */
  readonly denied: boolean;
}

/**
 * Chooses where the directories of a job's group go; creates nothing.
 * @throws CorralError CGROUP_PARENT when an explicit parent does not exist
 */
export function planSites(request: GroupSetupRequest): {
  readonly sites: readonly GroupSite[];
  readonly refusals: readonly Refusal[];
} {
  const sites: GroupSite[] = [];
  const refusals: Refusal[] = [];
  for (const { hierarchy, needed, wanted } of hierarchiesFor(request)) {
    const parent = findParent(request, hierarchy, needed);
    if (!("reason" in parent)) {
      sites.push({ parent, controllers: needed, optional: wanted });
      continue;
    }
    const partly = findPartly(request, hierarchy, needed);
    if (partly.parent !== null)
      sites.push({ parent: partly.parent, controllers: partly.controllers, optional: wanted });
    const without = needed.filter((controller) => !partly.controllers.includes(controller));
    for (const controller of without) {
      const answer = findParent(request, hierarchy, [controller]);
      refusals.push({ controllers: [controller], ...("reason" in answer ? pick(answer) : pick(parent)) });
    }
  }
  return { sites, refusals };
}

const pick = ({ reason, denied }: NoParent): Pick<Refusal, "reason" | "denied"> => ({ reason, denied });

/** A parent for as many of the controllers as can be had together, when not all can. */
function findPartly(
  request: GroupSetupRequest,
  hierarchy: Hierarchy,
  needed: readonly Controller[],
): { readonly parent: Parent | null; readonly controllers: readonly Controller[] } {
  const controllers = needed.filter((controller) => !("reason" in findParent(request, hierarchy, [controller])));
  if (controllers.length === 0) return { parent: null, controllers };
  const parent = findParent(request, hierarchy, controllers);
  return "reason" in parent ? { parent: null, controllers: [] } : { parent, controllers };
}

/**
 * Makes a job's group as far as this host and this user allow. What cannot be made is reported, not thrown.
 * @throws CorralError CGROUP_PARENT when an explicit parent does not exist
 */
export function setUpGroup(request: GroupSetupRequest): GroupSetup {
  if (!request.plan.group) return { group: null, unavailable: new Map(), denied: false };
  const planned = planSites(request);
  const refusals = [...planned.refusals];
  let { sites } = planned;
  let group: GroupHandle | null = null;
  while (group === null && sites.length > 0) {
    try {
      const leaf = freeLeaf(request.jobId, sites);
      request.onPlanned(sites.map(({ parent }) => `${parent.directory}/${leaf}`));
      group = GroupHandle.create(leaf, sites);
    } catch (thrown) {
      const error = CorralError.from(thrown);
      const broken = sites.find((site) => error.object?.startsWith(site.parent.hierarchy.mountPoint) === true);
      if (broken === undefined) throw error;
      const denied = error.found === "EACCES" || error.found === "EPERM";
      refusals.push({ controllers: broken.controllers, reason: explainErrno(error.found), denied });
      sites = sites.filter((site) => site !== broken);
    }
  }
  const refused = refusals.flatMap((one) => one.controllers.map((controller) => [controller, one.reason] as const));
  return {
    group,
    unavailable: new Map([...refused, ...(group?.refused ?? [])]),
    denied: refusals.some((one) => one.denied),
  };
}

function findParent(
  request: GroupSetupRequest,
  hierarchy: Hierarchy,
  needed: readonly Controller[],
): Parent | NoParent {
  if (request.unifiedParent !== null && hierarchy === request.host.unified) return request.unifiedParent;
  try {
    return selectParent({
      host: request.host,
      hierarchy,
      needed,
      explicit: request.cgroupParent,
      ownPid: request.ownPid ?? -1,
      climb: mayClimb(process.getuid?.() ?? 0, systemdIsRunning()),
    });
  } catch (thrown) {
    // A hierarchy that would only count is not worth refusing the run for.
    const error = CorralError.from(thrown);
    if (needed.length > 0) throw error;
    return { hierarchy, denied: false, reason: error.message };
  }
}
