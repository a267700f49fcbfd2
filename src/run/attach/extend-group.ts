import { dirname } from "node:path";
import type { Controller, GroupDirectory, HostCgroups } from "../../cgroup/index.ts";
import { enableControllers, GroupHandle, hierarchyOf } from "../../cgroup/index.ts";
import { CorralError } from "../../report/index.ts";
import type { GroupSetup, GroupSetupRequest } from "../group-setup.ts";
import { setUpGroup } from "../group-setup.ts";

/** A directory that is there already, with the controllers that it can have besides. */
function widen(
  directory: GroupDirectory,
  host: HostCgroups,
  needed: readonly Controller[],
  unavailable: Map<Controller, string>,
): GroupDirectory {
  const hierarchy = hierarchyOf(host, directory.path);
  const here = needed.filter((one) => !directory.controllers.includes(one) && host.owner[one] === hierarchy);
  if (hierarchy === null || here.length === 0) return directory;
  const got = here.filter((controller) => {
    if (hierarchy.version === 1) return true;
    try {
      enableControllers(hierarchy, dirname(directory.path), [controller]);
      return true;
    } catch (thrown) {
      unavailable.set(controller, CorralError.from(thrown).message);
      return false;
    }
  });
  return { ...directory, controllers: [...directory.controllers, ...got] };
}

/**
 * Gives a job's group the controllers that new limits need: those of a directory that it has are enabled there, for the
 * others a directory is made in their hierarchy. What cannot be had is told, as for a new group.
 */
export function extendGroup(group: GroupHandle | null, request: GroupSetupRequest): GroupSetup {
  if (group === null) return setUpGroup(request);
  const { plan, host } = request;
  const unavailable = new Map<Controller, string>();
  const widened = group.directories.map((directory) => widen(directory, host, plan.needed, unavailable));
  const missing = plan.needed.filter(
    (one) => !unavailable.has(one) && !widened.some(({ controllers }) => controllers.includes(one)),
  );
  if (missing.length === 0) return { group: new GroupHandle(widened), unavailable, denied: false };
  const taken = widened.map(({ path }) => hierarchyOf(host, path));
  const elsewhere = host.hierarchies.filter((one) => !taken.includes(one));
  const added = setUpGroup({
    ...request,
    plan: { ...plan, needed: missing, wanted: [], group: true },
    host: { ...host, hierarchies: elsewhere, unified: null },
  });
  return {
    group: new GroupHandle([...widened, ...(added.group?.directories ?? [])]),
    unavailable: new Map([...unavailable, ...added.unavailable]),
    denied: added.denied,
  };
}
