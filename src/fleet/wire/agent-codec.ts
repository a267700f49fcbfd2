import type { AgentFailure, AgentMessage } from "../model/index.ts";
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

type Working = Extract<AgentMessage, { kind: "running" | "stage_done" | "completed" }>;
type Ended = Exclude<Working, { kind: "running" }>;

const encodeReport = ({ actualStartNs, totals, intervals }: Working): Partial<AgentWire> => ({
  actual_start_ns: actualStartNs,
  intervals: intervals.map(encodeInterval),
  ...encodeTotals(totals),
});

/** What came of a workload, or of a stage of it. */
const encodeEnd = (message: Ended): Partial<AgentWire> => ({
  result_json: message.result,
  elapsed_s: message.wallMs / 1000,
  latencies: message.cells.map(encodeCell),
  prepare_summary: message.prepare === null ? undefined : encodePrepare(message.prepare),
  ...encodeReport(message),
});

/** What a report of a workload says, or why it is none. */
function decodeWork(wire: AgentWire, kind: Working["kind"]): AgentMessage | string {
  const [intervals, cells, prepare] = [
    decodeIntervals(wire.intervals),
    decodeCells(wire.latencies),
    decodePrepare(wire.prepare_summary),
  ];
  if (typeof intervals === "string") return intervals;
  if (typeof cells === "string") return cells;
  if (typeof prepare === "string") return prepare;
  const { sequence, actual_start_ns: actualStartNs } = wire;
  const report = { totals: decodeTotals(wire), intervals, actualStartNs, sequence };
  if (kind === "running") return { kind, ...report };
  const end = { ...report, wallMs: wire.elapsed_s * 1000, cells, prepare, result: wire.result_json };
  return kind === "completed" ? { kind, ...end } : { kind, ...end, stage: wire.stage_index };
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
      return { status: Status.RUNNING, ...encodeReport(message) };
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
      };
    case "aborted":
      return { status: Status.ABORTED, error_message: message.reason };
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

/**
 * What a controller is told; a text: why it is no message. An error without a cause that we know, as another program's
 * agent may send it, counts as one of its workload.
 */
export function decodeAgent(wire: AgentWire): AgentMessage | string {
  const { sequence, status } = wire;
  if (status === Status.READY) return { kind: "ready", atNs: wire.agent_timestamp_ns, sequence };
  if (status === Status.RUNNING) return decodeWork(wire, "running");
  if (status === Status.COMPLETED) return decodeWork(wire, "completed");
  if (status === Status.STAGE_DONE) return decodeWork(wire, "stage_done");
  if (status === Status.AT_BARRIER)
    return { kind: "arrived", stage: wire.stage_index, atNs: wire.agent_timestamp_ns, sequence };
  if (status === Status.ERROR) {
    const cause = failures.get(wire.cause) ?? "workload_failed";
    return { kind: "error", cause, message: wire.error_message, result: wire.result_json, sequence };
  }
  if (status === Status.ABORTED) return { kind: "aborted", reason: wire.error_message, sequence };
  if (status === Status.ACKNOWLEDGE)
    return { kind: "pong", id: wire.ping_id, receivedNs: wire.ping_received_ns, sentNs: wire.sent_ns, sequence };
  if (status === Status.PREPARING) {
    const total = wire.stage_progress_total === 0n ? null : wire.stage_progress_total;
    return { kind: "preparing", done: wire.stage_progress_current, total, sequence };
  }
  return `status ${String(status)} is not known`;
}
