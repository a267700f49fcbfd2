import type { SlaViolation } from "../../report/index.ts";
import { violationOf } from "./counters.ts";
import type { ResultFacts } from "./result-facts.ts";

/** A job whose promise was broken, as `corral.violations/1` lists it. */
export interface Violation {
  readonly job_id: string;
  readonly reason: SlaViolation;
  readonly duration_sec: number | null;
  readonly exit_code: number | null;
  readonly pid: number | null;
  /** RFC 3339; null when nobody saw the end. */
  readonly end_time: string | null;
  readonly start_time: string;
}

/** The violation of one result, null when it counts as none. */
export function toViolation(facts: ResultFacts): Violation | null {
  const reason = violationOf(facts);
  if (reason === null) return null;
  return {
    job_id: facts.jobId,
    reason,
    duration_sec: facts.durationUs === null ? null : Number(facts.durationUs) / 1e6,
    exit_code: facts.exitCode,
    pid: facts.pid,
    end_time: facts.endTime,
    start_time: facts.startTime,
  };
}

/** A job whose end nobody saw stands where it began. */
const timeOf = ({ end_time, start_time }: Violation): number => Date.parse(end_time ?? start_time);

function isNewer(one: Violation, other: Violation): boolean {
  const apart = timeOf(one) - timeOf(other);
  if (apart !== 0) return apart > 0;
  if (one.job_id !== other.job_id) return one.job_id < other.job_id;
  if (one.start_time !== other.start_time) return one.start_time > other.start_time;
  // Of one job there is one result; the order of what cannot be still must not depend on the order of reading.
  return JSON.stringify(one) < JSON.stringify(other);
}

/** The newest violations with one more, newest first and at most `last`, whatever order they come in. */
export function insertViolation(newest: readonly Violation[], one: Violation, last: number): readonly Violation[] {
  const older = newest.findIndex((other) => isNewer(one, other));
  return newest.toSpliced(older === -1 ? newest.length : older, 0, one).slice(0, last);
}
