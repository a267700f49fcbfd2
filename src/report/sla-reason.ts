/** Why the platform is held to have kept its side of a job. */
export const slaCompliances = [
  /** run: the leader exited with 0. */
  "completed_successfully",
  /** run: the workload failed by itself, ran out of what it asked for, or its command does not exist. */
  "workload_failed_platform_ok",
  /** attach: Corral watched the workload to its end, however it ended. */
  "observed_to_completion",
  /** Corral left before the end, and the workload went on. */
  "detached_workload_continues",
  /** Corral left before the end on purpose, and nobody watched when the workload ended. */
  "ended_unobserved",
] as const;

/** Why it is held not to have: every way in which Corral can break its word. Where several hold, the first is told. */
export const slaViolations = [
  /** The workload could not be started, and its command is not to blame. */
  "start_failed_by_wrapper",
  /** A job that was promised its limits (`--sla-eligible`, `--strict`) did not get one as requested. */
  "constraint_not_applied",
  /** Corral died, and how the workload ended is not known. */
  "monitor_lost",
  /** Corral ended the workload, and not because of `--timeout`. */
  "workload_killed_by_wrapper",
  /** The group was empty and could not be removed. */
  "cgroup_cleanup_failed",
] as const;

/** Every value of `platform_sla_reason`; docs/report.md is compared with it by a test. */
export const slaReasons = [...slaCompliances, ...slaViolations] as const;

export type SlaCompliance = (typeof slaCompliances)[number];
export type SlaViolation = (typeof slaViolations)[number];
/** One of `slaReasons`. */
export type SlaReason = (typeof slaReasons)[number];
