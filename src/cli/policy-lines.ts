import type { EnrolmentChange } from "../policy/index.ts";
import type { PolicyEvent, PolicyProgress } from "../policy/session/index.ts";
import { subjectName } from "../policy/session/index.ts";
import { counted, formatSeconds, quote } from "../report/index.ts";

type Lines = { readonly [E in PolicyEvent as E["event"]]: (event: E) => string | null };

const processName = (pid: number, comm: string | null): string => `${pid}${comm === null ? "" : ` (${quote(comm)})`}`;

function enrolmentLine(change: EnrolmentChange): string | null {
  if (change.kind === "enrolled") {
    const { identity, name, uid, protocol } = change.enrolment;
    return `enrolled ${processName(identity.pid, name)} of user ${uid}${protocol === "legacy" ? ", original protocol" : ""}`;
  }
  if (change.kind === "unenrolled") return `enrolment of ${change.identity.pid} ended: ${change.why}`;
  const who = change.peer === null ? "somebody unknown" : `process ${change.peer.pid} of user ${change.peer.uid}`;
  const claim = change.claimedPid === null ? "" : `, who claimed to be ${change.claimedPid}`;
  return `REFUSED to enrol ${who}${claim}: ${change.reason}`;
}

/** Outcomes that are the rule on a host where most processes never enrol. */
const ordinary: ReadonlySet<string> = new Set(["exited_before", "superseded", "not_enrolled"]);

const lines: Lines = {
  started: ({ rules, source, refused, socket, legacySocket, dryRun, restored, scheduling, schedulingReason }) => {
    const why = refused.map(({ name, reason }) => `; no ${name}: ${reason}`).join("");
    const where = [socket, legacySocket].filter((path) => path !== null).join(" and ");
    const late = scheduling === "fair" && schedulingReason !== null ? `; not real-time: ${schedulingReason}` : "";
    const kept = restored === 0 ? "" : `; ${counted(restored, "process", "processes")} of the run before`;
    return `policy of ${counted(rules.length, "rule")}${dryRun ? ", DRY RUN" : ""}, with events of ${source}${why}${late}; ${where === "" ? "nobody can enrol" : `workloads enrol at ${where}`}${kept}`;
  },
  warning: ({ message }) => `WARNING: ${message}`,
  enrolment: ({ change }) => enrolmentLine(change),
  attempt: ({ attempt }) => {
    const { process: one, outcome, rule, action, reason, tryNumber, degraded } = attempt;
    if (!one.enrolled && ordinary.has(outcome)) return null;
    const again = tryNumber === 1 ? "" : ` (attempt ${tryNumber})`;
    const unsure = degraded ? "; events were lost meanwhile" : "";
    return `${outcome} ${processName(one.identity.pid, one.comm)}: ${action} by rule ${rule}${again}: ${reason}${unsure}`;
  },
  watching: ({ want, means }) =>
    `watching ${want.metric} of ${subjectName(want.subject)} by ${means.mechanism}: ${means.reason}`,
  lost: ({ lost }) => `WARNING: ${counted(lost, "event was", "events were")} lost; /proc is looked at instead`,
  reloaded: ({ rules }) => `reloaded ${counted(rules.length, "rule")}`,
  reload_failed: ({ problems }) => `the rules stay as they were, the file has mistakes: ${problems.join("; ")}`,
  stopped: ({ why, pending, summary, unknownFiles, lateness }) => {
    const parts = Object.entries(summary.outcomes)
      .filter(([, count]) => count > 0)
      .map(([outcome, count]) => `${count} ${outcome}`);
    const { p99_us } = summary.ack_latency;
    const acks = p99_us === null ? "" : `; p99 to the acknowledgement ${formatSeconds(p99_us / 1e6)}`;
    const late =
      lateness.p99_us === null ? "" : `; deadlines met within ${(lateness.p99_us / 1000).toFixed(1)} ms (p99)`;
    const files = unknownFiles === 0 ? "" : `; ${counted(unknownFiles, "exec")} of unknown files`;
    return `${why}: stopped; ${counted(summary.attempts, "attempt")}${parts.length === 0 ? "" : `: ${parts.join(", ")}`}${acks}${late}${files}; ${counted(pending, "deadline")} kept for the next run`;
  },
};

/** What a policy is at, for a terminal. */
export function progressText({ followed, pending, outcomes }: PolicyProgress): string {
  const rows = Object.entries(outcomes).filter(([, count]) => count > 0);
  const told = rows.map(([outcome, count]) => `${count} ${outcome}`).join(", ");
  const deadlines = counted(pending, "deadline");
  return `${counted(followed, "process", "processes")} followed, ${deadlines} pending, ${told === "" ? "no rows" : `rows: ${told}`}`;
}

/** An event as one line for people; null when there is nothing to say of it. */
export const policyLine = (event: PolicyEvent): string | null =>
  (lines[event.event] as (event: PolicyEvent) => string | null)(event);
