import type { Hierarchy, Parent } from "../cgroup/index.ts";
import { requestScope, writeControl } from "../cgroup/index.ts";
import type { HeldLauncher, LaunchRequest, LaunchResult, Tether } from "../kernel/index.ts";
import { identityOf, startTether } from "../kernel/index.ts";
import { CorralError } from "../report/index.ts";
import type { Attempt } from "./attempt.ts";
import { refuseIfAborted, refuseIfStrict } from "./attempt.ts";
import { asksForAttributes, toLauncherOptions } from "./attributes.ts";
import type { GroupSetup, GroupSetupRequest } from "./group-setup.ts";
import { setUpGroup } from "./group-setup.ts";
import type { JobState } from "./job-report.ts";
import type { PreparedLimits } from "./prepare.ts";
import { prepareLimits, settleOutcomes } from "./prepare.ts";
import type { RecordAhead } from "./record-ahead.ts";
import { recordAhead } from "./record-ahead.ts";
import { startRecord } from "./recorded-job.ts";
import { usesSystemd } from "./scope-choice.ts";
import type { ProcessAttributes } from "./spec.ts";
import { comeNear } from "./start-moment.ts";
import { warningsFor } from "./warnings.ts";

/** Launches the workload in its group, by whoever is to make the group; resolves when it has executed its command or cannot. */
export function launchWorkload(attempt: Attempt): Promise<LaunchResult> {
  return usesSystemd(attempt.context.spec, attempt.plan, attempt.facts, attempt.parent.pid)
    ? launchInScope(attempt)
    : launchInGroup(attempt);
}

function siteRequest(attempt: Attempt, unifiedParent: Parent | null): GroupSetupRequest {
  const { parent, context, plan, facts, records } = attempt;
  return {
    plan,
    host: facts.cgroups,
    jobId: context.jobId,
    cgroupParent: context.spec.cgroupParent,
    unifiedParent,
    ownPid: parent.pid,
    onPlanned: (plannedGroups) => {
      attempt.state = { ...attempt.state, plannedGroups };
      records.update(startRecord(context, attempt.state));
    },
  };
}

/** Applies the limits to the group that was made; a Corral killed meanwhile leaves a record of where to look for it. */
function prepareGroup(
  attempt: Attempt,
  setup: GroupSetup,
  scope: JobState["scope"],
  standIns: boolean,
): PreparedLimits {
  attempt.state = { ...attempt.state, group: setup.group, scope: setup.group === null ? "none" : scope };
  const prepared = prepareLimits(attempt.plan, attempt.context.spec, attempt.facts, setup, standIns);
  attempt.state = { ...attempt.state, constraints: prepared.outcomes };
  refuseIfStrict(attempt.context.spec, prepared.outcomes);
  return prepared;
}

/** The usual way: limits stand before the process exists, which is then born in the group or joins it itself. */
function launchInGroup(attempt: Attempt): Promise<LaunchResult> {
  const prepared = prepareGroup(attempt, setUpGroup(siteRequest(attempt, null), attempt.placed), "cgroupfs", true);
  const directories = prepared.group?.directories ?? [];
  const joins = directories.filter((directory) => directory.version === 1).map(({ path }) => `${path}/tasks`);
  const unified = prepared.group?.unified ?? null;
  return launchHeld(attempt, {
    attributes: prepared.attributes,
    joins,
    cgroup: unified?.path ?? null,
    beforeExec: (held) => settle(attempt, prepared, held),
    ahead: aheadOf(attempt, prepared),
  });
}

/**
 * The record ahead of a launch that nothing is to be said or decided about once the process exists: every limit stands, and there
 * is no attribute.
 */
function aheadOf({ context, facts, plan, records, state }: Attempt, prepared: PreparedLimits): RecordAhead | null {
  if (prepared.group === null || context.spec.lifetime === "tied" || asksForAttributes(prepared.attributes))
    return null;
  const constraints = settleOutcomes(prepared, plan, facts, []);
  const isSettled = !prepared.denied && constraints.every(({ status }) => status === "applied");
  return isSettled ? recordAhead(context, { ...state, constraints }, records) : null;
}

/** The systemd way: the waiting process is moved into a delegated scope, in which the group is made and entered before the exec. */
function launchInScope(attempt: Attempt): Promise<LaunchResult> {
  const { plan, facts } = attempt;
  const { unified } = facts.cgroups;
  if (facts.cgroups.kind !== "v2" || unified === null) {
    throw new CorralError("SYSTEMD", "--scope systemd needs a host whose controllers are all on cgroup v2", {
      found: facts.cgroups.kind,
      fix: "use --scope cgroupfs here",
    });
  }
  return launchHeld(attempt, {
    attributes: plan.attributes,
    joins: [],
    cgroup: null,
    ahead: null,
    beforeExec: async (held) => {
      const { child } = held;
      const setup = await setUpInScope(attempt, unified, child.pid);
      const prepared = prepareGroup(attempt, setup, "systemd", false);
      if (prepared.group?.unified) writeControl(`${prepared.group.unified.path}/cgroup.procs`, String(child.pid));
      await settle(attempt, prepared, held);
    },
  });
}

/** A group inside a fresh scope; with `--scope auto` a scope that cannot be had only means that there is no group. */
async function setUpInScope(attempt: Attempt, hierarchy: Hierarchy, pid: number): Promise<GroupSetup> {
  const { context, plan, tethers } = attempt;
  try {
    const anchor = await startTether({ graceMs: 0, procs: [], kill: null, rmdir: [], pgid: null });
    tethers.push(anchor);
    const pids = [pid, anchor.child.pid];
    const parent = await requestScope(hierarchy, { jobId: context.jobId, pids, uid: process.getuid?.() ?? 0 });
    return setUpGroup(siteRequest(attempt, parent));
  } catch (thrown) {
    if (context.spec.scope === "systemd") throw thrown;
    const reason = CorralError.from(thrown).message;
    return { group: null, unavailable: new Map(plan.needed.map((one) => [one, reason] as const)), denied: true };
  }
}

interface HeldLaunch {
  readonly attributes: ProcessAttributes;
  readonly joins: readonly string[];
  readonly cgroup: string | null;
  readonly beforeExec: (held: HeldLauncher) => void | Promise<void>;
  readonly ahead: RecordAhead | null;
}

function launchHeld(attempt: Attempt, held: HeldLaunch): Promise<LaunchResult> {
  const { spec } = attempt.context;
  const request: LaunchRequest = {
    mode: attempt.spawnMode,
    launcherOptions: toLauncherOptions(held.attributes, held.joins, spec.processGroup),
    command: spec.command[0] ?? "",
    args: spec.command.slice(1),
    env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
    fds: spec.stdio,
    cgroup: held.cgroup,
    // What waits for its moment can be ended; else a start takes no longer than its end would.
    signal: attempt.startAt === null ? null : attempt.signal,
    startAtNs: attempt.startAt?.atNs ?? null,
    beforeExec: held.beforeExec,
  };
  return attempt.parent.launch(request, held.ahead);
}

/** The workload's process exists, is in its group and has its attributes; it waits for its record, or its parent wrote that. */
async function settle(
  attempt: Attempt,
  prepared: PreparedLimits,
  { child, sets, released }: HeldLauncher,
): Promise<void> {
  const { context, plan, facts, records } = attempt;
  const constraints = settleOutcomes(prepared, plan, facts, sets);
  attempt.state = { ...attempt.state, constraints };
  refuseIfStrict(context.spec, constraints);
  refuseIfAborted(attempt.signal);
  for (const line of warningsFor(constraints, prepared.denied)) attempt.warn(line);
  if (released?.executed === "unknown")
    attempt.warn("WARNING: the client died as it started the workload; it may not have executed its command");
  warnOfEscapes(attempt);
  // Marked again when the records are written: only a Corral that takes the job up reads this earlier mark.
  attempt.state = {
    ...attempt.state,
    plannedGroups: [],
    workload: released?.identity ?? identityOf(child.pid),
    begunNs: attempt.log.markExec(attempt.startAt?.atNs ?? released?.releasedNs),
  };
  const record = startRecord(context, attempt.state);
  if (released !== undefined) return records.stands(record);
  records.update(record);
  if (context.spec.lifetime === "tied") attempt.tethers.push(await tie(attempt, child.pid));
  await comeNear(attempt);
  attempt.log.markExec(attempt.startAt?.atNs);
}

/** Without a group nobody can find a process that left the workload's process group. */
function warnOfEscapes({ context, state, warn }: Attempt): void {
  const { spec } = context;
  if (state.group !== null || (spec.timeoutMs === null && spec.lifetime === "detach")) return;
  const flag = spec.lifetime === "tied" ? "--lifetime tied" : "--timeout";
  warn(`WARNING: ${flag} reaches only the workload's process group, because there is no control group`);
}

/** A process of its own that ends the workload should this one die without a word. */
function tie({ context, state }: Attempt, pid: number): Promise<Tether> {
  const directories = state.group?.directories ?? [];
  const unified = state.group?.unified ?? null;
  return startTether({
    graceMs: Math.round(context.spec.killAfterMs),
    procs: directories.map(({ path }) => `${path}/cgroup.procs`),
    kill: unified === null ? null : `${unified.path}/cgroup.kill`,
    rmdir: directories.map(({ path }) => path),
    pgid: context.spec.processGroup === "own" ? pid : null,
  });
}
