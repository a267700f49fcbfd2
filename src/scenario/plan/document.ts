import { formatNumberList } from "../../kernel/index.ts";
import { snakeKeys } from "../file/index.ts";
import type { ResolvedOp, ResolvedScenario, ResolvedScheduler, ScenarioWarning, UnmetNeed } from "../resolve/index.ts";
import type { Topology } from "../topology/index.ts";
import { threadsPerCore } from "../topology/index.ts";
import type { GroupDocument, WorkDocument } from "./group-document.ts";
import { toGroupDocument, toWorkDocument } from "./group-document.ts";
import { describeOp } from "./op-text.ts";
import type { ScenarioPlan } from "./plan-scenario.ts";

/** Needs as the file spells them. */
const needNames = {
  cpus: "cpus",
  llcs: "llcs",
  numaNodes: "numa_nodes",
  threadsPerCore: "threads_per_core",
  tmpdirDisk: "tmpdir_disk",
} as const satisfies Readonly<Record<UnmetNeed["need"], string>>;

/** An op of a plan: what it does in words, and what it makes. */
export interface OpDocument {
  readonly kind: string;
  readonly does: string;
  /** Of add_cgroup and add_cgroup_def. */
  readonly group: GroupDocument | null;
  /** Of spawn. */
  readonly work: WorkDocument | null;
  /** Of set_cpuset and set_affinity. */
  readonly cpus: string | null;
}

/** A scheduler of a plan. */
export interface SchedulerDocument {
  readonly name: string;
  readonly groups: readonly string[] | null;
  readonly full: boolean;
  readonly slice_us: number;
  readonly fifo: boolean;
  readonly boosts: readonly { readonly cgroup: string; readonly budget_ms: number; readonly period_ms: number }[];
  readonly watchdog_sec: number;
}

/** A step of a plan. */
export interface StepDocument {
  readonly phase: number;
  readonly label: string;
  /** When it begins, and when its hold ends at the latest, if nothing but settling and holds takes time. */
  readonly start_sec: number;
  readonly deadline_sec: number;
  readonly ops: readonly OpDocument[];
  readonly groups: readonly GroupDocument[];
  readonly settle_sec: number;
  readonly hold: "once" | "loop";
  readonly hold_sec: number;
  /** Of a loop: the pause after each round. */
  readonly interval_sec: number | null;
  readonly op_mask: number;
}

/** A plan's own part; without it the topology has too little. */
export interface PlanDocument {
  readonly duration_sec: number;
  readonly planned_sec: number;
  readonly controllers: readonly string[];
  readonly scheduler: SchedulerDocument | null;
  readonly payloads: readonly { readonly name: string; readonly command: readonly string[]; readonly output: string }[];
  readonly backdrop: {
    readonly groups: readonly GroupDocument[];
    readonly ops: readonly OpDocument[];
    readonly payloads: readonly string[];
    readonly settle_sec: number;
  };
  readonly steps: readonly StepDocument[];
  readonly checks: Readonly<Record<string, number | boolean>>;
  /** How many expectations there are beside the checks. */
  readonly expectations: number;
  readonly warnings: readonly ScenarioWarning[];
}

/** `corral.scenario-plan/1`. */
export interface ScenarioPlanDocument {
  readonly schema: "corral.scenario-plan/1";
  readonly name: string;
  readonly topology: {
    readonly source: string;
    readonly cpus: string;
    readonly usable: string;
    readonly llcs: readonly string[];
    readonly nodes: readonly { readonly id: number; readonly cpus: string }[];
    readonly threads_per_core: number;
  };
  /** What the topology has too little of: then the scenario would be skipped. */
  readonly unmet_needs: readonly {
    readonly need: (typeof needNames)[UnmetNeed["need"]];
    readonly wanted: number;
    readonly found: number;
  }[];
  /** Null exactly when needs are unmet. */
  readonly plan: PlanDocument | null;
}

const toSec = (ms: number): number => ms / 1000;

function cpusOf(op: ResolvedOp): string | null {
  if (op.kind === "set_cpuset") return formatNumberList(op.cpuset.cpus);
  if (op.kind !== "set_affinity" || op.affinity.kind === "inherit") return null;
  return formatNumberList(op.affinity.kind === "fixed" ? op.affinity.cpus : op.affinity.pool);
}

const toOpDocument = (op: ResolvedOp): OpDocument => ({
  kind: op.kind,
  does: describeOp(op),
  group: op.kind === "add_cgroup" || op.kind === "add_cgroup_def" ? toGroupDocument(op.group) : null,
  work: op.kind === "spawn" ? toWorkDocument(op.work) : null,
  cpus: cpusOf(op),
});

const toSchedulerDocument = (one: ResolvedScheduler): SchedulerDocument => ({
  name: one.name,
  groups: one.groups,
  full: one.full,
  slice_us: one.sliceUs,
  fifo: one.fifo,
  boosts: one.boosts.map(({ cgroup, budgetMs, periodMs }) => ({ cgroup, budget_ms: budgetMs, period_ms: periodMs })),
  watchdog_sec: toSec(one.watchdogMs),
});

const toStepDocument = (step: ResolvedScenario["steps"][number]): StepDocument => ({
  phase: step.phase,
  label: step.label,
  start_sec: toSec(step.startMs),
  deadline_sec: toSec(step.deadlineMs),
  ops: step.ops.map(toOpDocument),
  groups: step.setup.map(toGroupDocument),
  settle_sec: toSec(step.settleMs),
  hold: step.hold.kind,
  hold_sec: toSec(step.hold.plannedMs),
  interval_sec: step.hold.kind === "loop" ? toSec(step.hold.intervalMs) : null,
  op_mask: step.opMask,
});

const toPlanPart = (plan: ResolvedScenario): PlanDocument => ({
  duration_sec: toSec(plan.durationMs),
  planned_sec: toSec(plan.plannedMs),
  controllers: plan.controllers,
  scheduler: plan.scheduler && toSchedulerDocument(plan.scheduler),
  payloads: plan.payloads.map(({ name, command, output }) => ({ name, command, output })),
  backdrop: {
    groups: plan.backdrop.groups.map(toGroupDocument),
    ops: plan.backdrop.ops.map(toOpDocument),
    payloads: plan.backdrop.payloads.map(({ payload }) => payload),
    settle_sec: toSec(plan.backdrop.settleMs),
  },
  steps: plan.steps.map(toStepDocument),
  checks: snakeKeys(plan.checks ?? {}) as Readonly<Record<string, number | boolean>>,
  expectations: plan.expect.length,
  warnings: plan.warnings,
});

const toTopology = (topology: Topology): ScenarioPlanDocument["topology"] => ({
  source: topology.source,
  cpus: formatNumberList(topology.cpus),
  usable: formatNumberList(topology.usable),
  llcs: topology.llcs.map(formatNumberList),
  nodes: topology.nodes.map(({ id, cpus }) => ({ id, cpus: formatNumberList(cpus) })),
  threads_per_core: threadsPerCore(topology),
});

/** A plan for programs. @param name of the scenario */
export const toPlanDocument = (name: string, result: ScenarioPlan, topology: Topology): ScenarioPlanDocument => ({
  schema: "corral.scenario-plan/1",
  name,
  topology: toTopology(topology),
  unmet_needs:
    result.kind === "plan"
      ? []
      : result.unmet.map(({ need, wanted, found }) => ({ need: needNames[need], wanted, found })),
  plan: result.kind === "plan" ? toPlanPart(result.plan) : null,
});
