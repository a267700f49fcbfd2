import type { LatencyFigures } from "../../report/index.ts";
import type { EnrolmentChange, Outcome, SampleSubject } from "../model/index.ts";
import type { PolicySummary } from "../records/index.ts";
import type { PolicyEvent } from "./policy-event.ts";

type Told =
  | {
      readonly event: "started";
      readonly rules: readonly string[];
      readonly source: string;
      readonly refused: readonly { readonly name: string; readonly reason: string }[];
      readonly socket: string | null;
      readonly legacy_socket: string | null;
      readonly run_id: string;
      readonly dry_run: boolean;
      readonly restored: number;
      readonly scheduling: "realtime" | "fair";
      readonly scheduling_reason: string | null;
    }
  | { readonly event: "warning"; readonly message: string }
  | {
      readonly event: "enrolled";
      readonly pid: number;
      readonly name: string;
      readonly uid: number;
      readonly protocol: string;
    }
  | { readonly event: "unenrolled"; readonly pid: number; readonly why: string }
  | {
      readonly event: "refused";
      readonly reason: string;
      readonly pid: number | null;
      readonly claimed_pid: number | null;
    }
  | {
      readonly event: "attempt";
      readonly rule: string;
      readonly action: string;
      readonly attempt_id: string;
      readonly try: number;
      readonly pid: number;
      readonly start_ticks: number;
      readonly generation: number;
      readonly comm: string | null;
      readonly workload: string | null;
      readonly outcome: Outcome;
      readonly reason: string;
      readonly lateness_us: number | null;
      readonly degraded: boolean;
    }
  | {
      readonly event: "watching";
      readonly subject: string;
      readonly metric: string;
      readonly mechanism: string;
      readonly reason: string;
    }
  | { readonly event: "lost"; readonly lost: number }
  | { readonly event: "reloaded"; readonly rules: readonly string[] }
  | { readonly event: "reload_failed"; readonly problems: readonly string[] }
  | {
      readonly event: "stopped";
      readonly why: string;
      readonly pending: number;
      readonly summary: PolicySummary;
      readonly unknown_files: number;
      readonly lateness: LatencyFigures;
    };

/** One event of a running policy as JSON: `corral.policy-event/1`. */
export type PolicyEventDocument = { readonly schema: "corral.policy-event/1"; readonly time: string } & Told;

/** What a measure is about, for people. */
export const subjectName = (subject: SampleSubject): string =>
  subject.kind === "system" ? "the host" : subject.kind === "group" ? subject.path : `process ${subject.identity.pid}`;

function toldOfEnrolment(change: EnrolmentChange): Told {
  if (change.kind === "enrolled") {
    const { identity, name, uid, protocol } = change.enrolment;
    return { event: "enrolled", pid: identity.pid, name, uid, protocol };
  }
  if (change.kind === "unenrolled") return { event: "unenrolled", pid: change.identity.pid, why: change.why };
  return { event: "refused", reason: change.reason, pid: change.peer?.pid ?? null, claimed_pid: change.claimedPid };
}

function toldOf(event: PolicyEvent): Told {
  if (event.event === "enrolment") return toldOfEnrolment(event.change);
  if (event.event === "started") {
    const { legacySocket, runId, dryRun, schedulingReason, ...rest } = event;
    return {
      ...rest,
      legacy_socket: legacySocket,
      run_id: runId,
      dry_run: dryRun,
      scheduling_reason: schedulingReason,
    };
  }
  if (event.event === "stopped") {
    const { unknownFiles: unknown_files, ...rest } = event;
    return { ...rest, unknown_files };
  }
  if (event.event === "watching") {
    const { want, means } = event;
    return { event: "watching", subject: subjectName(want.subject), metric: want.metric, ...means };
  }
  if (event.event !== "attempt") return event;
  const { attempt } = event;
  const { process: one, result, deadlineNs } = attempt;
  return {
    event: "attempt",
    rule: attempt.rule,
    action: attempt.action,
    attempt_id: attempt.attemptId,
    try: attempt.tryNumber,
    pid: one.identity.pid,
    start_ticks: one.identity.startTicks,
    generation: one.generation,
    comm: one.comm,
    workload: one.workloadName,
    outcome: attempt.outcome,
    reason: attempt.reason,
    lateness_us:
      result === null || deadlineNs === null ? null : Math.round(Number(result.startedNs - deadlineNs) / 1000),
    degraded: attempt.degraded,
  };
}

/** @param time wall clock, RFC 3339 */
export const toPolicyEventDocument = (event: PolicyEvent, time: string): PolicyEventDocument => ({
  schema: "corral.policy-event/1",
  time,
  ...toldOf(event),
});
