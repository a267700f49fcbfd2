import { CorralError } from "../../report/index.ts";
import type { PhaseKind, WorkParameters, WorkTypeName } from "../model/index.ts";
import { canBeThread, describeWork } from "../model/index.ts";

/** Memory policy of set_mempolicy(2). */
export interface MemoryPolicyCall {
  /** MPOL_* with its flags (linux/mempolicy.h). */
  readonly mode: number;
  readonly nodes: readonly number[];
}

/** A set of workers of one kind, all settled: what `corral-worker load` is told. */
export interface WorkerPlan {
  readonly workType: WorkTypeName;
  /** All parameters of the type (`fillParameters`); lists and groups are left to `resources`. */
  readonly parameters: WorkParameters;
  /** Of `Sequence`, with microseconds; else empty. */
  readonly phases: readonly { readonly kind: PhaseKind; readonly us: number }[];
  /**
   * What the type works on. IO and a `Sequence` with it: one directory, file or block device. NumaWorkingSetSweep: numbers of
   * nodes. NumaMigrationChurn: CPUs of each node (`0-3`). CgroupChurn, CgroupAttachStorm: cgroup.procs files. Custom: the command
   * line of its workers, the number of the worker comes last. Else empty.
   */
  readonly resources: readonly string[];
  /** A multiple of the type's group size. */
  readonly workers: number;
  /** Null: as inherited. */
  readonly memoryPolicy: MemoryPolicyCall | null;
  /** 1 to 15 bytes (PR_SET_NAME); null: `corral-worker`. */
  readonly comm: string | null;
  /** Null: as ours. */
  readonly uid: number | null;
  readonly gid: number | null;
}

const programName = (name: WorkTypeName): string => name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();

/** A number as it is, of a choice its place; null for what `resources` holds. */
function parameterNumber(plan: WorkerPlan, name: string): number | null {
  const parameter = describeWork(plan.workType).parameters[name];
  const value = plan.parameters[name];
  if (parameter?.kind === "number") return Number(value);
  return parameter?.kind === "choice" ? parameter.choices.indexOf(String(value)) : null;
}

/**
 * The command line of a set (native/BOUNDARY.md, `corral-worker load`).
 * @throws CorralError USAGE for a kind of work that is not the program's, or a number of workers that makes no whole groups
 */
export function planArguments(plan: WorkerPlan): readonly string[] {
  const { support, parameters } = describeWork(plan.workType);
  if (support === "later")
    throw new CorralError("USAGE", `${plan.workType} is not done by the worker program`, { object: plan.workType });
  const groupSize = describeWork(plan.workType).groupSize(plan.parameters);
  if (plan.workers < 1 || plan.workers % groupSize !== 0)
    throw new CorralError("USAGE", `${plan.workType} needs a multiple of ${groupSize} workers`, {
      object: plan.workType,
      found: String(plan.workers),
      fix: "change the number of workers or the parameters that say how many belong together",
    });
  const numbers = Object.keys(parameters).flatMap((name) => {
    const value = parameterNumber(plan, name);
    return value === null ? [] : ["--param", `${name}=${value}`];
  });
  const option = (name: string, value: string | number | null): readonly string[] =>
    value === null ? [] : [name, String(value)];
  const { memoryPolicy: memory } = plan;
  return [
    ...["load", programName(plan.workType), "--workers", String(plan.workers), ...numbers],
    ...plan.phases.flatMap(({ kind, us }) => ["--phase", `${kind}:${us}`]),
    ...plan.resources.flatMap((text) => ["--text", text]),
    ...option("--mempolicy", memory && [memory.mode, memory.nodes.join(",")].filter((part) => part !== "").join(":")),
    ...option("--comm", plan.comm),
    ...option("--uid", plan.uid),
    ...option("--gid", plan.gid),
  ];
}

/**
 * The command line of sets whose workers are threads of one process.
 * @throws CorralError as `planArguments`, USAGE for work that threads cannot do
 */
export function threadArguments(name: string, plans: readonly WorkerPlan[]): readonly string[] {
  for (const { workType } of plans)
    if (!canBeThread(workType))
      throw new CorralError("USAGE", `${workType} is not done by threads`, { object: workType });
  // Without the word "load" of each.
  const sets = plans.map((plan) => planArguments(plan).slice(1));
  return ["load-threads", name, ...sets.flatMap((args, at) => (at === 0 ? args : ["and", ...args]))];
}
