import { existsSync } from "node:fs";
import { GroupHandle, readControl, writeControl } from "../../cgroup/index.ts";
import type { ProcessIdentity } from "../../kernel/index.ts";
import { identityOf } from "../../kernel/index.ts";
import type { ConstraintOutcome } from "../../report/index.ts";
import { CorralError, quote } from "../../report/index.ts";
import { refuseIfStrict } from "../attempt.ts";
import { lifeOf } from "../job-life.ts";
import { withJobLock } from "../job-lock.ts";
import { systemClock } from "../job-log.ts";
import type { RunPlan } from "../plan.ts";
import { planRun } from "../plan.ts";
import { prepareLimits, settleOutcomes } from "../prepare.ts";
import { groupOfRecord } from "../recorded-job.ts";
import { recordsOf } from "../records.ts";
import type { GovernSpec } from "../spec.ts";
import type { StartRecord } from "../start-record.ts";
import type { StateDirectories } from "../state-dir.ts";
import { adoptProcesses } from "./adopt.ts";
import { extendGroup } from "./extend-group.ts";
import { hostFactsOf } from "./host-facts-of.ts";
import { mergeAdopted } from "./merge-adopted.ts";
import { releaseProcesses } from "./release.ts";
import { requireLiveRecord } from "./take-up.ts";
import { treeOf } from "./tree.ts";

/** New limits of a job that runs. */
export interface UpdateResult {
  /** One outcome per limit that was asked for now. */
  readonly constraints: readonly ConstraintOutcome[];
  readonly warnings: readonly string[];
}

/** The files that planned limits are about to change, with what stands in them, so that it can be put back. */
function snapshot(
  plan: RunPlan,
  group: GroupHandle | null,
): readonly { readonly path: string; readonly text: string }[] {
  return plan.limits.planned.flatMap(({ controller, writes }) => {
    const directory = group?.directoryOf(controller) ?? null;
    const paths = directory === null ? [] : [...new Set(writes.map(({ file }) => `${directory}/${file}`))];
    return paths.filter((path) => existsSync(path)).map((path) => ({ path, text: readControl(path).trim() }));
  });
}

/** Writes back what `snapshot` read; keyed files take their own lines again, one at a time. */
function putBack(files: ReturnType<typeof snapshot>): void {
  for (const { path, text } of files.toReversed()) {
    for (const line of text === "" ? [] : text.split("\n")) {
      try {
        writeControl(path, line);
      } catch {
        // The remaining ones still go back; the error that led here is the one to tell.
      }
    }
  }
}

/** The processes of a job now: those in its group, and what descends from its leader. */
function processesOf(record: StartRecord, group: GroupHandle | null): ProcessIdentity[] {
  const members = (group?.processes() ?? []).flatMap((pid) => identityOf(pid) ?? []);
  const tree = record.workload === null || identityOf(record.workload.pid) === null ? [] : treeOf(record.workload);
  return group === null ? tree : members;
}

/** The directories that a group has now and had not before; null when there are none. */
function addedTo(before: GroupHandle | null, now: GroupHandle | null): GroupHandle | null {
  const known = new Set(before?.directories.map(({ path }) => path));
  const added = (now?.directories ?? []).filter(({ path }) => !known.has(path));
  return added.length === 0 ? null : new GroupHandle(added);
}

/** What of a group counts: its v2 directory, which counts CPU time without any controller, and its controllers. */
const countersOf = (group: GroupHandle | null): readonly string[] =>
  (group?.directories ?? []).flatMap(({ version, controllers }) => [
    ...(version === 2 ? ["cgroup v2"] : []),
    ...controllers,
  ]);

/**
 * The record of a job whose group has something now that it had not before, and that counts from now on only. What
 * earlier changes gave it keeps its own time.
 */
function grownSince(
  record: StartRecord,
  before: GroupHandle | null,
  now: GroupHandle | null,
): Pick<StartRecord, "groups_since" | "warnings"> {
  const known = countersOf(before);
  const added = countersOf(now)
    .filter((one) => !known.includes(one))
    .toSorted();
  if (added.length === 0) return record;
  const time = systemClock.wall();
  const earlier = record.mode === "run" ? "is counted by wait4(2) of the leader only" : "is not counted";
  const warning = `the group has ${added.join(", ")} since ${time}; what was used before ${earlier}`;
  return { groups_since: record.groups_since ?? time, warnings: [...record.warnings, warning] };
}

const stands = ({ status }: ConstraintOutcome): boolean => status === "applied" || status === "degraded";

/** A change that was refused leaves what stood before; what came of a change is the outcome from now on. */
function outcomeOf(earlier: ConstraintOutcome | undefined, now: ConstraintOutcome): ConstraintOutcome {
  if (earlier === undefined || !stands(earlier) || stands(now) || now.effective !== null) return now;
  return { ...earlier, reason: `still stands: a change to ${now.requested} was refused: ${now.reason ?? now.status}` };
}

/** The outcomes of a job after a change of some of its limits. */
function mergeOutcomes(
  before: readonly ConstraintOutcome[],
  now: readonly ConstraintOutcome[],
): readonly ConstraintOutcome[] {
  const replaced = new Set(now.map(({ name }) => name));
  const changed = now.map((one) =>
    outcomeOf(
      before.find(({ name }) => name === one.name),
      one,
    ),
  );
  return [...before.filter(({ name }) => !replaced.has(name)), ...changed];
}

/**
 * Changes the limits and attributes of a living job. Limits that are not named stay as they are. A limit whose
 * controller the job's group lacks gives it that controller, and the job's processes are moved under it.
 * @throws CorralError JOB_NOT_FOUND, JOB_ENDED, JOB_BUSY; STRICT_REFUSED with everything as it was before
 */
export function updateJob(directories: StateDirectories, jobId: string, spec: GovernSpec): Promise<UpdateResult> {
  return withJobLock(directories, jobId, () => {
    const record = requireLiveRecord(directories, jobId);
    const life = lifeOf(record);
    if (life === "dead" || life === "ending" || life === "starting") {
      throw new CorralError("JOB_ENDED", `the job ${quote(jobId)} is ${life}, so that nothing of it can be changed`, {
        object: jobId,
        found: life,
      });
    }
    return change(record, directories, spec);
  });
}

function change(record: StartRecord, directories: StateDirectories, spec: GovernSpec): UpdateResult {
  const before = groupOfRecord(record);
  const leader = record.workload ?? identityOf(before?.processes()[0] ?? -1);
  if (leader === null) throw new CorralError("JOB_ENDED", `the job ${quote(record.job_id)} has no process`, {});
  const facts = hostFactsOf(spec, leader.pid);
  const plan = { ...planRun(spec, facts), wanted: [] };
  const records = recordsOf(directories, record.job_id);
  let now: StartRecord = record;
  const note = (part: Partial<StartRecord>): void => {
    now = { ...now, ...part };
    records.update(now);
  };
  const setup = plan.group
    ? extendGroup(before, {
        plan,
        host: facts.cgroups,
        jobId: record.job_id,
        cgroupParent: spec.cgroupParent,
        unifiedParent: null,
        ownPid: null,
        onPlanned: (paths) => note({ planned_groups: paths }),
      })
    : { group: before, unavailable: new Map(), denied: false };
  const { group } = setup;
  const { groups_since: since, warnings } = grownSince(record, before, group);
  note({
    groups: group?.directories ?? [],
    planned_groups: [],
    scope: group === null ? "none" : scopeOf(record),
    groups_since: since,
    warnings,
  });
  const old = snapshot(plan, group);
  const prepared = prepareLimits(plan, spec, facts, setup, true);
  const result = adoptProcesses({
    leader,
    find: () => processesOf(record, before),
    group,
    attributes: prepared.attributes,
    known: [],
    // Only what attaching did is ever undone: the workload of a run keeps its limits to its end.
    record: (adopted) => note(record.mode === "attach" ? { adopted: mergeAdopted(record.adopted, adopted) } : {}),
  });
  const constraints = settleOutcomes(prepared, plan, facts, result.sets);
  try {
    refuseIfStrict(spec, constraints, "changed");
  } catch (refusal) {
    putBack(old);
    const left = releaseProcesses(result.adopted, addedTo(before, group));
    const stuck = addedTo(before, group)?.remove() ?? [];
    // What could not be removed stays on record, for who clears up.
    const { adopted, groups, groups_since, warnings } = record;
    note({ adopted, ...(left.length + stuck.length === 0 ? { groups, groups_since, warnings } : {}) });
    throw refusal;
  }
  const adopted = record.mode === "attach" ? mergeAdopted(record.adopted, result.adopted) : record.adopted;
  note({ adopted, constraints: mergeOutcomes(record.constraints, constraints) });
  return {
    constraints,
    warnings: result.refusals.map(({ directory, reason }) => `not moved into ${directory}: ${reason}`),
  };
}

const scopeOf = ({ scope }: StartRecord): StartRecord["scope"] => (scope === "none" ? "cgroupfs" : scope);
