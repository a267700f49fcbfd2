import type { ConstraintOutcome } from "../report/index.ts";
import { CorralError } from "../report/index.ts";
import { effectiveValue, satisfies } from "./compare.ts";
import { explainErrno, readControl, writeControl } from "./control-file.ts";
import type { Controller } from "./hierarchy.ts";
import type { PlannedLimit } from "./plan.ts";

/** Finds the directory that holds a controller's files, or null when the group has none for it. */
export type DirectoryOf = (controller: Controller) => string | null;

/** Where control files are read and written when it is not by their path. */
export interface ControlFiles {
  /** Whether the group has a controller's files. */
  readonly has: (controller: Controller) => boolean;
  /** @throws CorralError CGROUP_IO, `found` being the errno */
  readonly write: (controller: Controller, file: string, value: string) => Promise<void>;
  readonly read: (controller: Controller, file: string) => string;
}

const without = (limit: PlannedLimit): ConstraintOutcome =>
  outcome(limit, "not_enforceable", null, `there is no group with the ${limit.controller} controller`);

/**
 * Writes each planned limit and reads it back. Never throws for a refused write: the refusal is the
 * outcome, and the remaining limits are still applied.
 */
export function applyLimits(planned: readonly PlannedLimit[], directoryOf: DirectoryOf): ConstraintOutcome[] {
  return planned.map((limit) => {
    const directory = directoryOf(limit.controller);
    return directory === null ? without(limit) : applyOne(limit, directory);
  });
}

/** As `applyLimits`, one write after the other, each by whoever has the files. */
export async function applyLimitsThrough(
  planned: readonly PlannedLimit[],
  files: ControlFiles,
): Promise<ConstraintOutcome[]> {
  const outcomes: ConstraintOutcome[] = [];
  for (const limit of planned) {
    const { controller } = limit;
    if (!files.has(controller)) {
      outcomes.push(without(limit));
      continue;
    }
    try {
      for (const { file, value } of limit.writes) await files.write(controller, file, value);
      outcomes.push(readBack(limit, (file) => files.read(controller, file)));
    } catch (thrown) {
      outcomes.push(refusal(limit, thrown));
    }
  }
  return outcomes;
}

function applyOne(limit: PlannedLimit, directory: string): ConstraintOutcome {
  try {
    for (const write of limit.writes) writeControl(`${directory}/${write.file}`, write.value);
    return readBack(limit, (file) => readControl(`${directory}/${file}`));
  } catch (thrown) {
    return refusal(limit, thrown);
  }
}

function refusal(limit: PlannedLimit, thrown: unknown): ConstraintOutcome {
  const error = CorralError.from(thrown);
  // A limit that reclaim cannot bring the use below (cgroup-v1/memory.rst, 4.1).
  const tooSmall = error.found === "EBUSY" && limit.controller === "memory";
  const reason = tooSmall ? "the group uses more than that now (EBUSY)" : explainErrno(error.found);
  return outcome(limit, error.found === "ENOENT" ? "not_enforceable" : "failed", null, reason);
}

function readBack(limit: PlannedLimit, read: (file: string) => string): ConstraintOutcome {
  const found: string[] = [];
  for (const check of limit.checks) {
    const text = read(check.file);
    const value = effectiveValue(text, check);
    if (!found.includes(value)) found.push(value);
    if (!satisfies(text, check)) {
      return outcome(
        limit,
        "failed",
        value,
        `${check.file} reads back ${JSON.stringify(value)}, not ${check.expected}`,
      );
    }
  }
  const effective = found.length === 0 ? null : found.join(" ");
  return limit.weaker === undefined
    ? outcome(limit, "applied", effective, null)
    : outcome(limit, "degraded", effective, limit.weaker);
}

function outcome(
  limit: PlannedLimit,
  status: ConstraintOutcome["status"],
  effective: string | null,
  reason: string | null,
): ConstraintOutcome {
  const files = [...new Set(limit.writes.map((write) => write.file))].join(", ");
  return {
    name: limit.name,
    requested: limit.requested,
    status,
    mechanism: files === "" ? null : files,
    effective,
    reason,
  };
}
