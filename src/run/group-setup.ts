import type { Controller, GroupSite, Hierarchy, HostCgroups, NoParent, Parent } from "../cgroup/index.ts";
import { explainErrno, GroupHandle, mayClimb, selectParent, systemdIsRunning } from "../cgroup/index.ts";
import { doFileCalls } from "../kernel/index.ts";
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
  /** The process that may step aside when it is alone in the group that is to hold the job's: only ever the workload's parent. */
  readonly ownPid: number | null;
  /** Told which directories are about to be made, so that they can be recorded first. */
  readonly onPlanned: (paths: readonly string[]) => void;
}

/** The rest of a request that only asks where a group of a process would go. */
export const lookFrom = (ownPid: number) => ({ ownPid, onPlanned: () => {} }) as const;

/** The same of this process. */
export const lookOnly = lookFrom(process.pid);

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
    const found = doFileCalls(sites.map(({ parent }) => ({ call: "identify", path: `${parent.directory}/${leaf}` })));
    if (!found.some((answer) => "text" in answer)) return leaf;
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

/** A group that is to be made: where, under which name, and what it must do without. */
export interface PlacedGroup {
  readonly leaf: string;
  readonly sites: readonly GroupSite[];
  readonly refusals: readonly Refusal[];
}

/** The directories of a placed group. */
export const pathsOf = ({ leaf, sites }: PlacedGroup): string[] =>
  sites.map(({ parent }) => `${parent.directory}/${leaf}`);

/**
 * Chooses the directories of a job's group by name; creates nothing.
 * @throws CorralError CGROUP_PARENT when an explicit parent does not exist
 */
export function placeGroup(request: GroupSetupRequest): PlacedGroup {
  const { sites, refusals } = planSites(request);
  return { leaf: freeLeaf(request.jobId, sites), sites, refusals };
}

/** The same without a site that turned out to be broken. */
function withoutSite(placed: PlacedGroup, error: CorralError, jobId: string): PlacedGroup {
  const broken = placed.sites.find((site) => error.object?.startsWith(site.parent.hierarchy.mountPoint) === true);
  if (broken === undefined) throw error;
  const denied = error.found === "EACCES" || error.found === "EPERM";
  const sites = placed.sites.filter((site) => site !== broken);
  const refusal = { controllers: broken.controllers, reason: explainErrno(error.found), denied };
  return { leaf: freeLeaf(jobId, sites), sites, refusals: [...placed.refusals, refusal] };
}

/**
 * Makes a job's group as far as this host and this user allow. What cannot be made is reported, not thrown.
 * @param recorded the place that is on record already, where the caller has chosen it
 * @throws CorralError CGROUP_PARENT when an explicit parent does not exist
 */
export function setUpGroup(request: GroupSetupRequest, recorded: PlacedGroup | null = null): GroupSetup {
  if (!request.plan.group) return { group: null, unavailable: new Map(), denied: false };
  let placed = recorded ?? placeGroup(request);
  let group: GroupHandle | null = null;
  while (group === null && placed.sites.length > 0) {
    if (placed !== recorded) request.onPlanned(pathsOf(placed));
    try {
      group = GroupHandle.create(placed.leaf, placed.sites, request.ownPid ?? process.pid);
    } catch (thrown) {
      placed = withoutSite(placed, CorralError.from(thrown), request.jobId);
    }
  }
  const refused = placed.refusals.flatMap((one) =>
    one.controllers.map((controller) => [controller, one.reason] as const),
  );
  return {
    group,
    unavailable: new Map([...refused, ...(group?.refused ?? [])]),
    denied: placed.refusals.some((one) => one.denied),
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
