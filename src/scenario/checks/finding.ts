import type { WorkRecord } from "../record/index.ts";
import type { WorkerReport } from "../workers/index.ts";
import { figure } from "./numbers.ts";
import type { DetailKind, Finding, Where } from "./result.ts";
import { everywhere } from "./result.ts";

/** Where a work is. */
export const atWork = ({ cgroup, id }: WorkRecord): Where => ({ ...everywhere, cgroup, work: id });

/** Where one of its workers is. */
export const atWorker = (work: WorkRecord, { pid }: WorkerReport): Where => ({ ...atWork(work), pid });

/** What people call a work: its kind and its group. */
export const nameOf = ({ cgroup, workType }: WorkRecord): string =>
  cgroup === "" ? `${workType} outside any group` : `${workType} in ${cgroup}`;

interface Bound {
  readonly kind: DetailKind;
  readonly where: Where;
  /** The figure with what it is of, for people: `3 migrations in 10 iterations`. */
  readonly what: string;
  readonly unit: string;
}

/** A figure that must not be above its limit. */
export const atMost = (found: number, limit: number, bound: Bound): Finding =>
  judge(found <= limit, found, limit, bound, "at most % is allowed");

/** A figure that must not be below its limit. */
export const atLeast = (found: number, limit: number, bound: Bound): Finding =>
  judge(found >= limit, found, limit, bound, "at least % is asked for");

function judge(holds: boolean, found: number, limit: number, bound: Bound, relation: string): Finding {
  const { kind, where, what, unit } = bound;
  const withUnit = unit === "" ? "" : ` ${unit}`;
  return {
    outcome: holds ? "pass" : "fail",
    kind,
    message: `${what}: ${figure(found)}${withUnit}, ${relation.replace("%", figure(limit))}`,
    found,
    limit,
    where,
  };
}

/** The check applied, and there is nothing to judge. */
export const inconclusive = (
  kind: DetailKind,
  where: Where,
  message: string,
  limit: Finding["limit"] = null,
): Finding => ({
  outcome: "inconclusive",
  kind,
  message,
  found: null,
  limit,
  where,
});

/** The check does not apply here. */
export const skipped = (kind: DetailKind, where: Where, message: string): Finding => ({
  outcome: "skip",
  kind,
  message,
  found: null,
  limit: null,
  where,
});
