import type { Controller, Hierarchy } from "../cgroup/index.ts";
import { controllers, mayClimb, selectParent } from "../cgroup/index.ts";
import { CorralError } from "../report/index.ts";
import type { GroupAttempt } from "./group-attempt.ts";
import { attemptGroup } from "./group-attempt.ts";
import type { Host } from "./host.ts";

/** Where a job's group would be made so that it has one controller, and whether that was really possible. */
export interface Place {
  readonly hierarchy: Hierarchy;
  /** Directory a group would be made in, or null when none may be used. */
  readonly parent: string | null;
  /** Corral would first have to step into a child of `parent`; then nothing was tried. */
  readonly stepAside: boolean;
  readonly attempt: GroupAttempt | null;
  /** Why no group can be had; null when one can. */
  readonly reason: string | null;
  /** A matter of permission. */
  readonly denied: boolean;
}

/** The places of all controllers this host has, and the one of a group that only tracks (v2 mount). */
export interface Places {
  readonly byController: ReadonlyMap<Controller, Place>;
  readonly tracking: Place | null;
}

/**
 * What a run tries where it may make no group itself: `none`, stand-ins are used; `asked`, systemd is asked for a
 * delegated scope.
 */
export type ScopeOutlook = "none" | "asked";

type Attempts = (directory: string) => GroupAttempt;

/** Asks the questions a run asks: parent by the same rule, never above an undelegated group where systemd manages the tree. */
function choosePlace(host: Host, hierarchy: Hierarchy, needed: readonly Controller[], attempts: Attempts): Place {
  const none = { hierarchy, parent: null, stepAside: false, attempt: null };
  try {
    const chosen = selectParent({
      host: host.cgroups,
      hierarchy,
      needed,
      explicit: host.request.cgroupParent,
      ownPid: process.pid,
      climb: mayClimb(host.uid, host.systemd),
    });
    if ("reason" in chosen) return { ...none, reason: chosen.reason, denied: chosen.denied };
    const { directory: parent, stepAside } = chosen;
    if (stepAside) return { ...none, parent, stepAside, reason: null, denied: false };
    const attempt = attempts(parent);
    if (attempt.made) return { ...none, parent, attempt, reason: null, denied: false };
    const denied = ["EACCES", "EPERM", "EROFS"].includes(attempt.errno);
    return { ...none, attempt, reason: `mkdir in ${parent} failed (${attempt.errno})`, denied };
  } catch (thrown) {
    return { ...none, reason: CorralError.from(thrown).message, denied: false };
  }
}

/** Finds, and tries, the place of every controller; each directory is tried once. */
export function findPlaces(host: Host): Places {
  const tried = new Map<string, GroupAttempt>();
  const attempts: Attempts = (directory) => {
    const attempt = tried.get(directory) ?? attemptGroup(directory);
    tried.set(directory, attempt);
    return attempt;
  };
  const byController = new Map<Controller, Place>();
  for (const controller of controllers) {
    const hierarchy = host.cgroups.owner[controller];
    if (hierarchy !== undefined) byController.set(controller, choosePlace(host, hierarchy, [controller], attempts));
  }
  const { unified } = host.cgroups;
  return { byController, tracking: unified === null ? null : choosePlace(host, unified, [], attempts) };
}
