import type { Controller } from "../cgroup/index.ts";
import type { Finding } from "./finding.ts";
import type { Place, Places, ScopeOutlook } from "./places.ts";

interface Meaning {
  /** Always listed, also where the host lacks it. */
  readonly listed: boolean;
  readonly withIt: string;
  readonly without: string;
}

/** What a controller is worth to a run, and what stands in for it. */
const meanings: Readonly<Record<Controller, Meaning>> = {
  cpu: {
    listed: true,
    withIt: "--cpu-quota, --cpu-weight, --cpu-burst and --cpu-idle are held by the kernel",
    without: "--cpu-weight becomes a nice value; --cpu-quota, --cpu-burst and --cpu-idle cannot be enforced",
  },
  cpuset: {
    listed: true,
    withIt: "--cpuset is held by the kernel",
    without: "--cpuset becomes an affinity, which the workload may widen again; memory nodes cannot be bound",
  },
  memory: {
    listed: true,
    withIt: "--memory-limit is held by the kernel; peak use is counted",
    without: "--memory-limit cannot be enforced; --rlimit as= bounds the address space of each process instead",
  },
  io: {
    listed: true,
    withIt: "--io-max is held by the kernel; see Disks for --io-weight",
    without: "--io-weight becomes an IO priority; --io-max cannot be enforced",
  },
  pids: {
    listed: true,
    withIt: "--pids-max is held by the kernel",
    without: "--pids-max cannot be enforced; --rlimit nproc= counts per user instead",
  },
  cpuacct: {
    listed: false,
    withIt: "counts CPU time of v1 groups",
    without: "CPU time comes from the v2 group or from wait4(2)",
  },
  freezer: {
    listed: false,
    withIt: "can stop v1 groups; the v2 freezer is preferred",
    without: "v1 groups cannot be frozen; the v2 freezer is used where there is a v2 mount",
  },
  hugetlb: { listed: false, withIt: "Corral has no limit that needs it", without: "Corral has no limit that needs it" },
};

function describePlace(place: Place): string {
  const owner = `v${place.hierarchy.version}`;
  if (place.reason !== null)
    return `${owner} at ${place.hierarchy.mountPoint}; ${place.denied ? "denied" : "not usable"}: ${place.reason}`;
  const how = place.stepAside ? " after this process has stepped into a child of it" : "";
  return `${owner}; groups go into ${place.parent}${how}`;
}

function probeOf(place: Place): string {
  if (place.attempt !== null) return "/proc/self/cgroup; mkdir(2) of a group there";
  return place.hierarchy.version === 1
    ? "/proc/self/cgroup; access(2) of the group"
    : "/proc/self/cgroup; access(2) of the groups, their cgroup.procs and cgroup.subtree_control";
}

function absent(controller: Controller): Finding {
  return {
    group: "controllers",
    name: controller,
    status: "no",
    found: "no mounted hierarchy has it",
    probe: "/proc/self/mountinfo, cgroup.controllers",
    consequence: meanings[controller].without,
    facts: { version: null, mount: null, own_group: null, parent: null, writable: false, denied: false, reason: null },
  };
}

/** What follows where a run may make no group itself. */
function withoutGroup(controller: Controller, scope: ScopeOutlook): Pick<Finding, "status" | "consequence"> {
  const { withIt, without } = meanings[controller];
  if (scope === "none" || withIt === without) return { status: "no", consequence: without };
  return { status: "partly", consequence: `systemd is asked for a delegated scope; then ${withIt}` };
}

/** One controller: who owns it, where a job's group would go, and whether this user may make it there. */
export function judgeController(controller: Controller, place: Place | undefined, scope: ScopeOutlook): Finding {
  if (place === undefined) return absent(controller);
  const usable = place.reason === null;
  const { status, consequence } = usable
    ? { status: "yes" as const, consequence: meanings[controller].withIt }
    : withoutGroup(controller, scope);
  return {
    group: "controllers",
    name: controller,
    status,
    found: describePlace(place),
    probe: probeOf(place),
    consequence,
    facts: {
      version: place.hierarchy.version,
      mount: place.hierarchy.mountPoint,
      own_group: place.hierarchy.ownDirectory,
      parent: place.parent,
      writable: usable,
      denied: place.denied,
      reason: place.reason,
    },
  };
}

/** All controllers that matter to a run, and those that are there besides. */
export function judgeControllers(places: Places, scope: ScopeOutlook): Finding[] {
  return (Object.keys(meanings) as Controller[])
    .filter((controller) => meanings[controller].listed || places.byController.has(controller))
    .map((controller) => judgeController(controller, places.byController.get(controller), scope));
}
