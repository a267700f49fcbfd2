import type {
  AgentFailure,
  AgentMessage,
  BegunReport,
  Interval,
  LatencyCell,
  PrepareResult,
  WorkReport,
} from "../model/index.ts";
import type { AgentMessage as AgentWire } from "./generated/fleet.ts";
import { AgentMessage_Cause as Cause, AgentMessage_Status as Status } from "./generated/fleet.ts";
import {
  decodeCells,
  decodeIntervals,
  decodePrepare,
  decodeTotals,
  encodeCell,
  encodeInterval,
  encodePrepare,
  encodeTotals,
} from "./work-codec.ts";

const empty: AgentWire = {
  agent_id: "",
  get_ops: 0n,
  get_bytes: 0n,
  put_ops: 0n,
  put_bytes: 0n,
  meta_ops: 0n,
  elapsed_s: 0,
  completed: false,
  status: Status.UNKNOWN,
  error_message: "",
  agent_timestamp_ns: 0n,
  sequence: 0n,
  stage_progress_current: 0n,
  stage_progress_total: 0n,
  errors: 0n,
  retries: 0n,
  actual_start_ns: 0n,
  ping_id: 0n,
  ping_received_ns: 0n,
  sent_ns: 0n,
  cause: Cause.NONE,
  intervals: [],
  latencies: [],
  prepare_summary: undefined,
  metrics: {},
  result_json: "",
  stage_index: 0,
};

const causes: Readonly<Record<AgentFailure, Exclude<Cause, typeof Cause.NONE>>> = {
  config_rejected: Cause.CONFIG_REJECTED,
  prepare_failed: Cause.PREPARE_FAILED,
  prepare_timeout: Cause.PREPARE_TIMEOUT,
  no_start: Cause.NO_START,
  ready_timeout: Cause.READY_TIMEOUT,
  start_past: Cause.START_PAST,
  start_far: Cause.START_FAR,
  workload_failed: Cause.WORKLOAD_FAILED,
  protocol: Cause.PROTOCOL,
};
const failures = new Map(Object.entries(causes).map(([failure, cause]) => [cause as Cause, failure as AgentFailure]));

type Working = Pick<BegunReport, "actualStartNs"> & WorkReport;
type Ended = Extract<AgentMessage, { kind: "stage_done" | "completed" }>;

const encodeReport = ({ actualStartNs, totals, intervals }: Working): Partial<AgentWire> => ({
  actual_start_ns: actualStartNs,
  intervals: intervals.map(encodeInterval),
  ...encodeTotals(totals),
});

const encodeBegun = (report: BegunReport | null): Partial<AgentWire> =>
  report === null ? {} : { elapsed_s: report.elapsedMs / 1000, ...encodeReport(report) };

/** What came of a workload, or of a stage of it. */
const encodeEnd = (message: Ended): Partial<AgentWire> => ({
  result_json: message.result,
  elapsed_s: message.wallMs / 1000,
  latencies: message.cells.map(encodeCell),
  prepare_summary: message.prepare === null ? undefined : encodePrepare(message.prepare),
  ...encodeReport(message),
});

/** What a report has beside the fields of its own message; each of them, or why it is none. */
interface ReportParts {
  readonly intervals: readonly Interval[] | string;
  readonly cells: readonly LatencyCell[] | string;
  readonly prepare: PrepareResult | null | string;
}

/** What a report of a workload says, or why it is none. */
export function toReport(wire: AgentWire, { intervals, cells, prepare }: ReportParts): AgentMessage | string {
  if (typeof intervals === "string") return intervals;
  if (typeof cells === "string") return cells;
  if (typeof prepare === "string") return prepare;
  const { sequence, actual_start_ns: actualStartNs } = wire;
  const elapsedMs = wire.elapsed_s * 1000;
  const report = { totals: decodeTotals(wire), intervals, actualStartNs, sequence };
  if (wire.status === Status.RUNNING) return { kind: "running", ...report, elapsedMs };
  const end = { ...report, wallMs: elapsedMs, cells, prepare, result: wire.result_json };
  return wire.status === Status.COMPLETED
    ? { kind: "completed", ...end }
    : { kind: "stage_done", ...end, stage: wire.stage_index };
}

const reports: readonly Status[] = [Status.RUNNING, Status.STAGE_DONE, Status.COMPLETED];

export const isReport = ({ status }: AgentWire): boolean => reports.includes(status);

const decodeReport = (wire: AgentWire): AgentMessage | string =>
  toReport(wire, {
    intervals: decodeIntervals(wire.intervals),
    cells: decodeCells(wire.latencies),
    prepare: decodePrepare(wire.prepare_summary),
  });

/** What a last word says of a workload that had begun, or why it says nothing of it. */
function decodeRest(wire: AgentWire): BegunReport | null | string {
  if (wire.actual_start_ns === 0n) return null;
  const intervals = decodeIntervals(wire.intervals);
  if (typeof intervals === "string") return intervals;
  const { actual_start_ns: actualStartNs, elapsed_s: seconds } = wire;
  return { totals: decodeTotals(wire), intervals, actualStartNs, elapsedMs: seconds * 1000 };
}

/** An error without a cause that we know, as another program's agent may send it, counts as one of its workload. */
function decodeEnd(wire: AgentWire): AgentMessage | string {
  const { sequence, error_message: message, result_json: result } = wire;
  const rest = decodeRest(wire);
  if (typeof rest === "string") return rest;
  if (wire.status === Status.ABORTED) return { kind: "aborted", reason: message, rest, sequence };
  return { kind: "error", cause: failures.get(wire.cause) ?? "workload_failed", message, result, rest, sequence };
}

/** The fields that a message has beside its number and its agent. */
function encodeSaying(message: AgentMessage): Partial<AgentWire> {
  switch (message.kind) {
    case "ready":
      return { status: Status.READY, agent_timestamp_ns: message.atNs };
    case "preparing":
      return {
        status: Status.PREPARING,
        stage_progress_current: message.done,
        stage_progress_total: message.total ?? 0n,
      };
    case "running":
      return { status: Status.RUNNING, ...encodeBegun(message) };
    case "completed":
      return { status: Status.COMPLETED, completed: true, ...encodeEnd(message) };
    case "stage_done":
      return { status: Status.STAGE_DONE, stage_index: message.stage, ...encodeEnd(message) };
    case "arrived":
      return { status: Status.AT_BARRIER, stage_index: message.stage, agent_timestamp_ns: message.atNs };
    case "error":
      return {
        status: Status.ERROR,
        cause: causes[message.cause],
        error_message: message.message,
        result_json: message.result,
        ...encodeBegun(message.rest),
      };
    case "aborted":
      return { status: Status.ABORTED, error_message: message.reason, ...encodeBegun(message.rest) };
    case "pong":
      return {
        status: Status.ACKNOWLEDGE,
        ping_id: message.id,
        ping_received_ns: message.receivedNs,
        sent_ns: message.sentNs,
      };
  }
}

/** As it is written to the wire. */
export const encodeAgent = (agentId: string, message: AgentMessage): AgentWire => ({
  ...empty,
  agent_id: agentId,
  sequence: message.sequence,
  ...encodeSaying(message),
});

/** What a controller is told; a text: why it is no message. */
export function decodeAgent(wire: AgentWire): AgentMessage | string {
  const { sequence, status } = wire;
  if (status === Status.READY) return { kind: "ready", atNs: wire.agent_timestamp_ns, sequence };
  if (isReport(wire)) return decodeReport(wire);
  if (status === Status.ERROR || status === Status.ABORTED) return decodeEnd(wire);
  if (status === Status.AT_BARRIER)
    return { kind: "arrived", stage: wire.stage_index, atNs: wire.agent_timestamp_ns, sequence };
  if (status === Status.ACKNOWLEDGE)
    return { kind: "pong", id: wire.ping_id, receivedNs: wire.ping_received_ns, sentNs: wire.sent_ns, sequence };
  if (status === Status.PREPARING) {
    const total = wire.stage_progress_total === 0n ? null : wire.stage_progress_total;
    return { kind: "preparing", done: wire.stage_progress_current, total, sequence };
  }
  return `status ${String(status)} is not known`;
}
