import type { ConstraintOutcome, RunReport } from "../report/index.ts";

/** What the verdict on the platform is drawn from. The workload's own exit status is not part of it. */
export interface SlaFacts {
  readonly startError: RunReport["start_error"];
  readonly constraints: readonly ConstraintOutcome[];
  /** Constraints count only for jobs that were promised something. */
  readonly held: boolean;
  readonly endedByCorral: RunReport["ended_by_corral"];
  readonly cleanupFailed: boolean;
  readonly exitCode: number | null;
  readonly detached: boolean;
}

export interface SlaVerdict {
  readonly compliant: boolean;
  readonly reason: string;
}

/** Start errors that are the command's fault, not the platform's. */
const commandFaults: readonly string[] = ["COMMAND_NOT_FOUND", "COMMAND_NOT_EXECUTABLE"];

/** Judges whether the platform kept its side: started the job, applied its limits, let it run, cleaned up. */
export function judgeSla(facts: SlaFacts): SlaVerdict {
  const violation = (reason: string): SlaVerdict => ({ compliant: false, reason });
  if (facts.startError !== null) {
    return commandFaults.includes(facts.startError.code)
      ? { compliant: true, reason: "workload_failed_platform_ok" }
      : violation("start_failed_by_wrapper");
  }
  if (facts.detached) return { compliant: true, reason: "detached_workload_continues" };
  if (facts.held && facts.constraints.some((one) => one.status !== "applied"))
    return violation("constraint_not_applied");
  if (facts.endedByCorral === "tied" || facts.endedByCorral === "abort") return violation("workload_killed_by_wrapper");
  if (facts.cleanupFailed) return violation("cgroup_cleanup_failed");
  return { compliant: true, reason: facts.exitCode === 0 ? "completed_successfully" : "workload_failed_platform_ok" };
}
