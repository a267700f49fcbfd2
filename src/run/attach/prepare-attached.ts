import type { Hierarchy, Parent } from "../../cgroup/index.ts";
import { hierarchyOf, hostCgroupsReader, requestScope } from "../../cgroup/index.ts";
import type { ProcessIdentity, Tether } from "../../kernel/index.ts";
import { startTether, uptimeTicks } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import type { GroupSetup, GroupSetupRequest } from "../group-setup.ts";
import { setUpGroup } from "../group-setup.ts";
import type { JobContext, JobState } from "../job-report.ts";
import type { HostFacts, RunPlan } from "../plan.ts";
import type { PreparedLimits } from "../prepare.ts";
import { prepareLimits } from "../prepare.ts";
import { usesSystemd } from "../scope-choice.ts";
import type { AdoptedProcess } from "../start-record.ts";
import type { AttachSpec } from "./spec.ts";

/** What preparing the group of an attach needs to know. */
export interface AttachedRequest {
  readonly spec: AttachSpec;
  readonly context: JobContext;
  readonly facts: HostFacts;
  readonly plan: RunPlan;
  /** The processes to govern, as they are now. */
  readonly find: () => readonly ProcessIdentity[];
  /** Receives the helper that keeps a systemd scope alive. */
  readonly tethers: Tether[];
}

/** Puts part of the job's state on record. */
type Note = (state: Partial<JobState>) => void;

const siteRequest = (request: AttachedRequest, unifiedParent: Parent | null, note: Note): GroupSetupRequest => ({
  plan: request.plan,
  host: request.facts.cgroups,
  jobId: request.context.jobId,
  cgroupParent: request.spec.cgroupParent,
  unifiedParent,
  // The target cannot be made to step aside: its group would change under its feet.
  ownPid: null,
  onPlanned: (plannedGroups) => note({ plannedGroups }),
});

/** The limits of an attach, and what systemd has done to processes already. */
export interface PreparedAttach extends PreparedLimits {
  readonly known: readonly AdoptedProcess[];
}

interface SetUp {
  readonly setup: GroupSetup;
  readonly scope: JobState["scope"];
  readonly known: readonly AdoptedProcess[];
}

/** Where processes were before systemd moved them into a scope: that is where they go back to. */
function originsBefore(processes: readonly ProcessIdentity[], hierarchy: Hierarchy): (to: string) => AdoptedProcess[] {
  const hostOf = hostCgroupsReader();
  const since = uptimeTicks();
  const places = processes.map((process) => ({
    process,
    from: hierarchyOf(hostOf(process.pid), hierarchy.mountPoint)?.ownDirectory ?? null,
  }));
  return (to) =>
    places.flatMap(({ process, from }) =>
      from === null ? [] : [{ process, since_ticks: since, origins: [{ from, to }], changes: [] }],
    );
}

/** A scope of systemd's around the processes as they are now, with the job's group inside. */
async function setUpInScope(request: AttachedRequest, hierarchy: Hierarchy, note: Note): Promise<SetUp> {
  const { context, tethers } = request;
  const anchor = await startTether({ graceMs: 0, procs: [], kill: null, rmdir: [], pgid: null });
  tethers.push(anchor);
  const tree = request.find();
  const knownAt = originsBefore(tree, hierarchy);
  const pids = [...tree.map(({ pid }) => pid), anchor.child.pid];
  const parent = await requestScope(hierarchy, { jobId: context.jobId, pids, uid: process.getuid?.() ?? 0 });
  const setup = setUpGroup(siteRequest(request, parent, note));
  return { setup, scope: "systemd", known: knownAt(setup.group?.unified?.path ?? parent.directory) };
}

async function setUp(request: AttachedRequest, note: Note): Promise<SetUp> {
  const { spec, plan, facts } = request;
  if (!usesSystemd(spec, plan, facts))
    return { setup: setUpGroup(siteRequest(request, null, note)), scope: "cgroupfs", known: [] };
  const { unified } = facts.cgroups;
  if (unified === null || facts.cgroups.kind !== "v2") {
    throw new CorralError("SYSTEMD", "--scope systemd needs a host whose controllers are all on cgroup v2", {
      found: facts.cgroups.kind,
      fix: "use --scope cgroupfs here",
    });
  }
  return setUpInScope(request, unified, note);
}

/**
 * Makes the group of an attach, as near to where the process is as this host allows, and applies the limits before
 * anything is moved in. `note` learns of the group before it is made and after.
 */
export async function prepareAttached(request: AttachedRequest, note: Note): Promise<PreparedAttach> {
  const { setup, scope, known } = await setUp(request, note);
  note({ group: setup.group, scope: setup.group === null ? "none" : scope, plannedGroups: [], adopted: known });
  const prepared = prepareLimits(request.plan, request.spec, request.facts, setup, true);
  note({ constraints: prepared.outcomes });
  return { ...prepared, known };
}
