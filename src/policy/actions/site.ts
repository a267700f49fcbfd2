import { existsSync } from "node:fs";
import type { GroupPlace, GroupUse, HostCgroups } from "../../cgroup/index.ts";
import { hostCgroupsReader, placeAt, placeOfProcess, processesBelow, whyUntouchable } from "../../cgroup/index.ts";
import type { ProcessIdentity } from "../../kernel/index.ts";
import { readProcessStat } from "../../kernel/index.ts";
import type { AffectedGroup } from "../model/index.ts";
import type { Refusal } from "./step.ts";
import { refuse } from "./step.ts";

/** Whose groups are acted on: those of a process, or one that was named. */
export interface Site {
  readonly identity: ProcessIdentity | null;
  /** The host as the process stands in it, or as we do. */
  readonly host: HostCgroups;
  placeFor(use: GroupUse): GroupPlace | null;
}

/** Reads the mounts once; where a process stands in them is read each time. */
const readHost = hostCgroupsReader();

/** The groups that a process is in now. */
export function siteOfProcess(identity: ProcessIdentity): Site {
  const host = readHost(identity.pid);
  return { identity, host, placeFor: (use) => placeOfProcess(host, use) };
}

/** What has ended is nowhere: nothing of it can be measured or acted on. */
export const siteOfNobody = (): Site => ({ identity: null, host: readHost("self"), placeFor: () => null });

/** A group by its path below the mount. */
export function siteOfGroup(path: string): Site {
  const host = readHost("self");
  return { identity: null, host, placeFor: (use) => placeAt(host, use, path) };
}

/** A group that may be acted on. */
export interface GroundedPlace {
  readonly place: GroupPlace;
  readonly affected: AffectedGroup;
}

/** Pids that are neither the process nor one of its descendants. */
function strangers(pids: readonly number[], root: number): number[] {
  const belongs = new Map<number, boolean>([[root, true]]);
  const isBelow = (pid: number): boolean => {
    const known = belongs.get(pid);
    if (known !== undefined) return known;
    // Against a ring of pids that were reused while we looked.
    belongs.set(pid, false);
    const parent = readProcessStat(pid)?.ppid ?? 0;
    const below = parent > 1 && isBelow(parent);
    belongs.set(pid, below);
    return below;
  };
  return pids.filter((pid) => !isBelow(pid));
}

const mountedFor = (use: GroupUse): string =>
  use === "unified" ? "cgroup v2 mount" : `cgroup hierarchy with the ${use} controller`;

/**
 * The group of a site that an action may touch: never the root, never one that Corral is in, and one that holds others
 * than the target and its descendants only when the rule says so.
 */
export function groundOf(site: Site, use: GroupUse, othersInGroup: boolean): GroundedPlace | Refusal {
  const place = site.placeFor(use);
  if (place === null) return refuse("rejected", `there is no ${mountedFor(use)} that shows the group`);
  if (!existsSync(place.directory)) return refuse("rejected", `there is no group ${place.directory}`);
  const untouchable = whyUntouchable(place, readHost("self"));
  if (untouchable !== null) return refuse("rejected", untouchable);
  const pids = processesBelow(place.directory);
  const others = site.identity === null || othersInGroup ? [] : strangers(pids, site.identity.pid);
  if (others.length > 0) {
    const some = others.length === 1 ? `process ${others[0]}` : `${others.length} processes`;
    return refuse("rejected", `${place.path} also holds ${some} that the rule did not select`);
  }
  return { place, affected: { path: place.path, processes: pids.length } };
}

/**
 * The group in the first of several hierarchies where it may be touched, else the first refusal. A group that was named is
 * the one in the first hierarchy that has it: its name in another may be somebody else's.
 */
export function firstGround(site: Site, uses: readonly GroupUse[], othersInGroup: boolean): GroundedPlace | Refusal {
  const named = uses.filter((use) => existsSync(site.placeFor(use)?.directory ?? ""));
  const considered = site.identity === null ? named.slice(0, 1) : uses;
  const grounds = considered.map((use) => groundOf(site, use, othersInGroup));
  return grounds.find((ground) => "place" in ground) ?? grounds[0] ?? refuse("rejected", "there is no such group");
}
