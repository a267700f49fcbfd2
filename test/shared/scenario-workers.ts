import { mkdirSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import type { WorkTypeName } from "../../src/scenario/model/index.ts";
import { describeWork, fillParameters } from "../../src/scenario/model/index.ts";
import type { WorkerPlan } from "../../src/scenario/workers/index.ts";
import type { GroupParent } from "./group-parent.ts";

/** Two groups of the host's v2 hierarchy for the work types that move processes; null where it has none. */
export interface MoveTargets {
  readonly procs: readonly string[];
  remove(): void;
}

export function makeMoveTargets(parent: GroupParent): MoveTargets | null {
  const group = parent.groupOf("unified", "any");
  if (group === null) return null;
  const directories = [0, 1].map((number) => `${dirname(group)}/wt-cgroup-churn-${number}`);
  for (const directory of directories) mkdirSync(directory);
  return {
    procs: directories.map((directory) => `${directory}/cgroup.procs`),
    remove: () => {
      for (const directory of directories) rmdirSync(directory);
    },
  };
}

function resourcesOf(name: WorkTypeName, targets: readonly string[]): readonly string[] {
  if (name.startsWith("Io") || name === "Sequence") return [tmpdir()];
  if (name === "NumaWorkingSetSweep" || name === "NumaMigrationChurn") return ["0"];
  return name.startsWith("Cgroup") ? targets : [];
}

/** One group of workers of a kind with its defaults. */
export function planOf(
  name: WorkTypeName,
  given: Partial<WorkerPlan> = {},
  targets: readonly string[] = [],
): WorkerPlan {
  const parameters = fillParameters(name, given.parameters ?? {});
  return {
    workType: name,
    phases: name === "Sequence" ? (["spin", "sleep", "yield", "io"] as const).map((kind) => ({ kind, us: 1000 })) : [],
    resources: resourcesOf(name, targets),
    workers: describeWork(name).groupSize(parameters),
    memoryPolicy: null,
    comm: null,
    uid: null,
    gid: null,
    ...given,
    parameters,
  };
}
