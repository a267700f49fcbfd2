import type { ConstraintOutcome, RunReport, SlaCompliance, SlaReason, SlaViolation } from "../report/index.ts";

/** What the verdict on the platform is drawn from. The workload's own exit status is not part of it. */
export interface SlaFacts {
  readonly mode: RunReport["mode"];
  readonly startError: RunReport["start_error"];
  readonly constraints: readonly ConstraintOutcome[];
  /** Constraints count only for jobs that were promised something: `--sla-eligible` or `--strict`. */
  readonly held: boolean;
  readonly endedByCorral: RunReport["ended_by_corral"];
  /** The Corral that watched the job died, and how the workload ended is not known. */
  readonly monitorLost: boolean;
  readonly cleanupFailed: boolean;
  readonly exitCode: number | null;
  readonly detached: boolean;
  /** The workload is over, and nobody saw its end. */
  readonly endUnobserved: boolean;
}

export interface SlaVerdict {
  readonly compliant: boolean;
  readonly reason: SlaReason;
}

/** Start errors that are the command's fault, not the platform's. */
const commandFaults: readonly string[] = ["COMMAND_NOT_FOUND", "COMMAND_NOT_EXECUTABLE"];

/** Whether an end that Corral made was its own doing; the others were asked for by the job's user. */
const ownDoing: Readonly<Record<NonNullable<RunReport["ended_by_corral"]>, boolean>> = {
  timeout: false,
  stop: false,
  tied: true,
  abort: true,
};

/** A job that --strict refused to start lacks a limit; one that its command kept from starting broke no promise. */
function lacksConstraint({ startError, constraints, held }: SlaFacts): boolean {
  if (startError !== null) return startError.code === "STRICT_REFUSED";
  return held && constraints.some((one) => one.status !== "applied");
}

/** When each violation holds, in the order in which they are told. */
const violations: Readonly<Record<SlaViolation, (facts: SlaFacts) => boolean>> = {
  start_failed_by_wrapper: ({ startError }) =>
    startError !== null && startError.code !== "STRICT_REFUSED" && !commandFaults.includes(startError.code),
  constraint_not_applied: lacksConstraint,
  monitor_lost: ({ monitorLost }) => monitorLost,
  workload_killed_by_wrapper: ({ endedByCorral }) => endedByCorral !== null && ownDoing[endedByCorral],
  cgroup_cleanup_failed: ({ cleanupFailed }) => cleanupFailed,
};

function complianceOf({ mode, startError, exitCode, detached, endUnobserved }: SlaFacts): SlaCompliance {
  if (startError !== null) return "workload_failed_platform_ok";
  if (endUnobserved) return "ended_unobserved";
  if (detached) return "detached_workload_continues";
  if (mode === "attach") return "observed_to_completion";
  return exitCode === 0 ? "completed_successfully" : "workload_failed_platform_ok";
}

/** Judges whether the platform kept its side: started the job, applied its limits, watched it, let it run, cleaned up. */
export function judgeSla(facts: SlaFacts): SlaVerdict {
  const broken = (Object.keys(violations) as SlaViolation[]).find((reason) => violations[reason](facts));
  return broken === undefined ? { compliant: true, reason: complianceOf(facts) } : { compliant: false, reason: broken };
}
