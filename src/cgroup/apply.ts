import type { FileAnswer, FileCall } from "../kernel/index.ts";
import { doFileCalls } from "../kernel/index.ts";
import type { ConstraintOutcome } from "../report/index.ts";
import { CorralError } from "../report/index.ts";
import { effectiveValue, satisfies } from "./compare.ts";
import { explainErrno } from "./control-file.ts";
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
  const placed = planned.map((limit) => ({ limit, directory: directoryOf(limit.controller) }));
  const calls = placed.map(({ limit, directory }) => (directory === null ? [] : callsFor(limit, directory)));
  const answers = doFileCalls(calls.flat());
  let at = 0;
  return placed.map(({ limit, directory }, index) => {
    const from = at;
    at += calls[index]?.length ?? 0;
    return directory === null ? without(limit) : judge(limit, answers.slice(from, at));
  });
}

/** The writes of a limit and the reads that prove them; the first that fails is the last. */
function callsFor({ writes, checks }: PlannedLimit, directory: string): FileCall[] {
  const calls: FileCall[] = [
    ...writes.map(({ file, value }) => ({ call: "write", path: `${directory}/${file}`, value }) as const),
    ...checks.map(({ file }) => ({ call: "read", path: `${directory}/${file}` }) as const),
  ];
  return calls.map((call, index) => (index === 0 ? call : { ...call, chained: true }));
}

function judge(limit: PlannedLimit, answers: readonly FileAnswer[]): ConstraintOutcome {
  const last = answers.at(-1);
  if (last !== undefined && "errno" in last) return refusal(limit, last.errno);
  const texts = answers.slice(limit.writes.length).map((answer) => ("text" in answer ? answer.text : ""));
  return readBack(limit, (_, index) => texts[index] ?? "");
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
      outcomes.push(refusal(limit, CorralError.from(thrown).found));
    }
  }
  return outcomes;
}

function refusal(limit: PlannedLimit, errno: string | null): ConstraintOutcome {
  // A limit that reclaim cannot bring the use below (cgroup-v1/memory.rst, 4.1).
  const tooSmall = errno === "EBUSY" && limit.controller === "memory";
  const reason = tooSmall ? "the group uses more than that now (EBUSY)" : explainErrno(errno);
  return outcome(limit, errno === "ENOENT" ? "not_enforceable" : "failed", null, reason);
}

/** @param read gives the text of the file of one check, by its number */
function readBack(limit: PlannedLimit, read: (file: string, index: number) => string): ConstraintOutcome {
  const found: string[] = [];
  for (const [index, check] of limit.checks.entries()) {
    const text = read(check.file, index);
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
