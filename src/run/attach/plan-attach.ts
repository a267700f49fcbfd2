import { hierarchyOf, hostCgroupsReader } from "../../cgroup/index.ts";
import type { ProcessFacts, ProcessIdentity } from "../../kernel/index.ts";
import { processFacts } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import { generateJobId } from "../job-id.ts";
import type { PlacementPlan } from "../placement-plan.ts";
import { planPlacement } from "../placement-plan.ts";
import { planRun } from "../plan.ts";
import type { StateDirectories } from "../state-dir.ts";
import { wantedAttributes } from "./attribute-text.ts";
import { alreadyGoverned, jobOfProcess } from "./governed.ts";
import { managerOf } from "./guards.ts";
import { hostFactsOf } from "./host-facts-of.ts";
import { planChanges } from "./live-attributes.ts";
import { refuseTarget, withoutMereCounting } from "./refuse-target.ts";
import type { AttachSpec } from "./spec.ts";
import { treeOf } from "./tree.ts";

/** A move from one group into another. */
export interface PlannedMove {
  readonly pid: number;
  readonly from: string;
  readonly to: string;
}

/** A change of one attribute of one task, values as in the start record. */
export interface PlannedChange {
  readonly pid: number;
  readonly tid: number;
  readonly attribute: string;
  readonly before: string;
  readonly after: string;
}

/** A group manager whose groups processes would be moved out of. */
export interface ManagedProcess {
  readonly pid: number;
  readonly kind: "container" | "systemd unit";
  readonly name: string;
}

/** What an attach would do to one target; the answer of `--dry-run`. */
export interface AttachPlan {
  readonly target: ProcessIdentity;
  readonly jobId: string;
  readonly argv: readonly string[];
  /** Every process that would be governed, the target first. */
  readonly pids: readonly number[];
  readonly managers: readonly ManagedProcess[];
  readonly placement: PlacementPlan;
  readonly moves: readonly PlannedMove[];
  readonly changes: readonly PlannedChange[];
  /** Why the attach would be refused as things stand; null when it would not. */
  readonly refused: CorralError | null;
}

function refusalOf(spec: AttachSpec, facts: ProcessFacts, group: boolean, directories: StateDirectories) {
  try {
    refuseTarget(spec, facts, group);
    const job = jobOfProcess(directories, spec.target.pid);
    return job === null ? null : alreadyGoverned(spec.target.pid, job);
  } catch (thrown) {
    return CorralError.from(thrown);
  }
}

/** Where each process would be taken from. A leaf's name may turn out to have a number. */
function planMoves(pids: readonly number[], placement: PlacementPlan): PlannedMove[] {
  const hostOf = hostCgroupsReader();
  return pids.flatMap((pid) => {
    const host = hostOf(pid);
    return placement.directories.flatMap(({ path }) => {
      const from = hierarchyOf(host, path)?.ownDirectory ?? null;
      return from === null ? [] : [{ pid, from, to: path }];
    });
  });
}

/**
 * Plans an attach on this host without touching anything.
 * @throws CorralError CGROUP_PARENT when an explicit parent does not exist
 */
export function planAttach(spec: AttachSpec, directories: StateDirectories): AttachPlan {
  const { target, tree } = spec;
  const processInfo = processFacts(target.pid);
  const facts = hostFactsOf(spec, target.pid);
  const plan = withoutMereCounting(planRun(spec, facts), spec);
  const comm = processInfo.stat?.comm ?? "attached";
  const jobId = spec.jobId ?? generateJobId(comm);
  const placement = planPlacement(spec, jobId, { facts, plan, ownPid: null });
  const pids = (tree ? treeOf(target) : [target]).map(({ pid }) => pid as number);
  const wanted = wantedAttributes(plan.attributes);
  return {
    target,
    jobId,
    argv: processInfo.argv?.length ? processInfo.argv : [`[${comm}]`],
    pids,
    managers: pids.flatMap((pid) => {
      const manager = managerOf(processFacts(pid).cgroup);
      return manager === null ? [] : [{ pid, ...manager }];
    }),
    placement,
    moves: planMoves(pids, placement),
    changes: pids.flatMap((pid) => planChanges(pid, wanted).map((change) => ({ pid, ...change }))),
    refused: refusalOf(spec, processInfo, plan.group, directories),
  };
}
