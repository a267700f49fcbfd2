import type { PlannedLimit } from "../../cgroup/index.ts";
import type { ConstraintOutcome, RefusedTarget } from "../../report/index.ts";
import type { PlacementPlan } from "../placement-plan.ts";
import type { AttachPlan, ManagedProcess, PlannedChange, PlannedMove } from "./plan-attach.ts";
import type { JoinedProcess, Selection } from "./select-targets.ts";
import type { AttachSpec } from "./spec.ts";
import type { UpdateResult } from "./update.ts";

/** What `corral update --json` prints, `corral.update/1`; schemas/update.schema.json is its JSON Schema. */
export interface UpdateDocument {
  readonly schema: "corral.update/1";
  readonly job_id: string;
  readonly constraints: readonly ConstraintOutcome[];
  readonly warnings: readonly string[];
}

export const toUpdateDocument = (jobId: string, { constraints, warnings }: UpdateResult): UpdateDocument => ({
  schema: "corral.update/1",
  job_id: jobId,
  constraints,
  warnings,
});

/** The plan of one target. */
interface TargetPlan {
  readonly job_id: string;
  readonly pid: number;
  readonly pid_start_ticks: number;
  readonly argv: readonly string[];
  readonly pids: readonly number[];
  readonly managers: readonly ManagedProcess[];
  readonly groups: PlacementPlan["directories"];
  readonly obstacles: readonly string[];
  readonly weaker: readonly string[];
  readonly failing: readonly string[];
  readonly limits: readonly PlannedLimit[];
  readonly settled: readonly ConstraintOutcome[];
  readonly moves: readonly PlannedMove[];
  readonly changes: readonly PlannedChange[];
  readonly scope: AttachSpec["scope"];
  readonly limits_kept: boolean;
  readonly refused: { readonly code: string; readonly message: string } | null;
}

/** What an attach would do, `corral.attach-plan/1`; schemas/attach-plan.schema.json is its JSON Schema. */
export interface AttachPlanDocument {
  readonly schema: "corral.attach-plan/1";
  readonly plans: readonly TargetPlan[];
  readonly joined: readonly JoinedProcess[];
  readonly refused: readonly RefusedTarget[];
}

function toTargetPlan(plan: AttachPlan, { scope, keepLimits }: Omit<AttachSpec, "target">): TargetPlan {
  const { target, jobId, argv, pids, managers, placement, moves, changes, refused } = plan;
  return {
    job_id: jobId,
    pid: target.pid,
    pid_start_ticks: target.startTicks,
    argv,
    pids,
    managers,
    groups: placement.directories,
    obstacles: placement.obstacles,
    weaker: placement.weaker,
    failing: placement.failing,
    limits: placement.plan.limits.planned,
    settled: placement.plan.settled,
    moves,
    changes,
    scope,
    limits_kept: keepLimits,
    refused: refused === null ? null : { code: refused.code, message: refused.message },
  };
}

export const toAttachPlanDocument = (
  plans: readonly AttachPlan[],
  { joined, refused, passedOver }: Selection,
  spec: Omit<AttachSpec, "target">,
): AttachPlanDocument => ({
  schema: "corral.attach-plan/1",
  plans: plans.map((plan) => toTargetPlan(plan, spec)),
  joined,
  refused: [...refused, ...passedOver].map(({ pid, error }) => ({
    target: String(pid),
    code: error.code,
    message: error.message,
  })),
});
