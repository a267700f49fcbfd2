import type { AgentFailure, FleetOutcome } from "../model/index.ts";

/** Why another attempt to connect would end like this one: it does not know us, or it has a run of somebody else. */
export type ConnectRefusal = "denied" | "busy";

/** Why an agent counts as failed: what it said itself, or what the controller found. */
export type FailureCause =
  | AgentFailure
  | "unreachable"
  | ConnectRefusal
  | "lost"
  | "silent"
  | "not_ready_in_time"
  | "not_begun_in_time"
  | "missed_barrier"
  | "no_reports"
  | "aborted";

/** What the end of one agent before the common start makes of the run, which it ends for all. */
export const outcomeBeforeStart: Readonly<Record<FailureCause, FleetOutcome>> = {
  unreachable: "unreachable",
  denied: "rejected",
  busy: "rejected",
  config_rejected: "rejected",
  prepare_failed: "rejected",
  workload_failed: "rejected",
  protocol: "rejected",
  start_past: "rejected",
  start_far: "rejected",
  prepare_timeout: "timeout",
  no_start: "timeout",
  ready_timeout: "timeout",
  not_ready_in_time: "timeout",
  not_begun_in_time: "timeout",
  missed_barrier: "timeout",
  no_reports: "timeout",
  silent: "timeout",
  // It died, or somebody else ended it: neither a refusal nor a matter of time.
  lost: "failed",
  aborted: "failed",
};
