import { GroupHandle } from "../cgroup/index.ts";
import type { ProcessIdentity } from "../kernel/index.ts";
import type { JobContext, JobState } from "./job-report.ts";
import type { PlannedGroups } from "./planned-groups.ts";
import type { StartRecord } from "./start-record.ts";

const secondsOf = (ms: number): number => ms / 1000;

/** The start record of a job as it stands now. */
export function startRecord(context: JobContext, state: JobState): StartRecord {
  const { spec } = context;
  return {
    schema: "corral.start/1",
    job_id: context.jobId,
    mode: context.mode,
    corral: context.corral,
    workload: state.workload,
    argv: spec.command,
    cwd: context.cwd,
    uid: context.uid,
    start_time: context.startTime,
    begun_ns: state.begunNs === null ? null : String(state.begunNs),
    lifetime: spec.lifetime,
    process_group: spec.processGroup,
    timeout_sec: spec.timeoutMs === null ? null : secondsOf(spec.timeoutMs),
    kill_after_sec: secondsOf(spec.killAfterMs),
    strict: spec.strict,
    intent: spec.intent,
    sla_eligible: spec.slaEligible,
    scope: state.scope,
    tags: spec.tags,
    planned_groups: state.plannedGroups,
    groups: state.group?.directories ?? [],
    groups_since: state.groupsSince,
    constraints: state.constraints,
    keep_limits: context.keepLimits,
    adopted: state.adopted,
    memory_elsewhere_bytes: state.memoryElsewhereBytes,
    left: null,
    stop_time: null,
    warnings: state.warnings,
  };
}

/** What was agreed about a recorded job beside its limits. */
export const termsOfRecord = ({
  strict,
  intent,
  tags,
  sla_eligible: slaEligible,
}: StartRecord): Pick<JobContext["spec"], "strict" | "intent" | "tags" | "slaEligible"> => ({
  strict,
  intent,
  tags,
  slaEligible,
});

/** A recorded job as another Corral takes it up. @param corral the one that is responsible from now on */
export function contextOfRecord(record: StartRecord, corral: ProcessIdentity): JobContext {
  return {
    jobId: record.job_id,
    mode: record.mode,
    spec: {
      command: record.argv,
      timeoutMs: record.timeout_sec === null ? null : record.timeout_sec * 1000,
      killAfterMs: record.kill_after_sec * 1000,
      lifetime: record.lifetime,
      processGroup: record.process_group,
      ...termsOfRecord(record),
    },
    cwd: record.cwd,
    uid: record.uid,
    keepLimits: record.keep_limits,
    corral,
    startTime: record.start_time,
  };
}

/** The group on record, or null when none was made. */
export const groupOfRecord = (record: StartRecord): GroupHandle | null =>
  record.groups.length === 0 ? null : new GroupHandle(record.groups);

/** The directories of a recorded job that its Corral may have made without recording them. */
export const plannedOf = ({ job_id, start_time, planned_groups, groups }: StartRecord): PlannedGroups => ({
  jobId: job_id,
  startTime: start_time,
  planned: planned_groups,
  made: groups,
});

/** Where a recorded job stands. Its events were its Corral's and are gone with it. */
export function stateOfRecord(record: StartRecord): JobState {
  return {
    workload: record.workload,
    group: groupOfRecord(record),
    groupsSince: record.groups_since,
    scope: record.scope,
    plannedGroups: record.planned_groups,
    constraints: record.constraints,
    adopted: record.adopted,
    memoryElsewhereBytes: record.memory_elsewhere_bytes,
    begunNs: record.begun_ns === null ? null : BigInt(record.begun_ns),
    events: [],
    warnings: record.warnings,
  };
}
