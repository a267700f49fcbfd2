import { signalName } from "../../kernel/index.ts";
import type { FeedOrigin, LossItem } from "../feed-item.ts";
import type { ExecEvent, ExitEvent, ForkEvent, ProcessOwner } from "../lifecycle-event.ts";
import type { FileOpenEvent, ReadlineEvent, TraceEvent } from "../trace-event.ts";
import type { ProcessNode } from "../tree/index.ts";
import type {
  ExecLine,
  ExitLine,
  FileOpenLine,
  ForkLine,
  LostLine,
  ReadlineLine,
  StartLine,
  Whose,
} from "./monitor-line.ts";

const nsPerMs = 1_000_000n;

/** Path of the group with an id. */
export type PathOf = (id: bigint | null) => string | null;

const whose = ({ identity }: Pick<TraceEvent, "identity">, { uid, cgroupId }: ProcessOwner, pathOf: PathOf) => ({
  uid,
  cgroup: pathOf(cgroupId),
  cgroup_id: cgroupId,
  start_ticks: identity?.startTicks ?? null,
});

const detailsOf = (node: ProcessNode, { reconciled }: { readonly reconciled: boolean }, pathOf: PathOf) => ({
  ...whose(node, node, pathOf),
  generation: node.generation,
  reconciled,
});

export const forkLine = (node: ProcessNode, event: ForkEvent, pathOf: PathOf): ForkLine => ({
  timestamp: event.timestampNs,
  event: "FORK",
  comm: node.program?.comm ?? null,
  pid: node.tgid,
  ppid: event.ppid,
  ...detailsOf(node, event, pathOf),
});

export const execLine = (node: ProcessNode, event: ExecEvent, pathOf: PathOf): ExecLine => ({
  timestamp: event.timestampNs,
  event: "EXEC",
  comm: event.comm,
  pid: node.tgid,
  ppid: event.ppid ?? node.ppid,
  filename: event.filename ?? event.exe,
  full_command: event.argv?.join(" ") ?? null,
  argv: event.argv,
  argv_truncated: event.argvTruncated,
  exe: event.exe,
  ...detailsOf(node, event, pathOf),
});

const since = (fromNs: bigint | null, toNs: bigint): bigint | null =>
  fromNs === null || toNs < fromNs ? null : toNs - fromNs;

/** @param warning what the process was not allowed to tell before its end */
export function exitLine(
  node: ProcessNode,
  event: ExitEvent,
  pathOf: PathOf,
  warning: Pick<ExitLine, "rate_limit_warning" | "dropped"> | null,
): ExitLine {
  const { timestampNs, code, signal, coreDumped } = event;
  const sinceExecNs = since(node.execNs, timestampNs);
  const durationMs = sinceExecNs === null ? 0 : Number(sinceExecNs / nsPerMs);
  return {
    timestamp: timestampNs,
    event: "EXIT",
    comm: node.program?.comm ?? null,
    pid: node.tgid,
    ppid: event.ppid ?? node.ppid,
    exit_code: code,
    ...(durationMs === 0 ? {} : { duration_ms: durationMs }),
    ...warning,
    exit_signal: signal === null ? null : (signalName(signal) ?? String(signal)),
    core_dumped: coreDumped,
    since_fork_ns: since(node.forkNs, timestampNs),
    since_exec_ns: sinceExecNs,
    ...detailsOf(node, event, pathOf),
  };
}

/** What is known of a file that was opened, besides when and how often. */
export type OpenFacts = Pick<FileOpenLine, "comm" | "pid" | "filepath" | "flags" | "result"> & Whose;

export const openFacts = (event: FileOpenEvent, owner: ProcessOwner, pathOf: PathOf): OpenFacts => ({
  comm: event.comm,
  pid: event.tgid,
  filepath: event.path,
  flags: event.flags,
  result: event.result,
  ...whose(event, owner, pathOf),
});

/** @param more why it is told, which stands where the original monitor had it */
export const openLine = (
  timestamp: bigint,
  count: number,
  { comm, pid, filepath, flags, ...rest }: OpenFacts,
  more: Partial<FileOpenLine> | null,
): FileOpenLine => ({ timestamp, event: "FILE_OPEN", comm, pid, count, filepath, flags, ...more, ...rest });

/** What is known of a line that was typed, besides when and how often. */
export type LineFacts = Pick<ReadlineLine, "comm" | "pid" | "command" | "truncated"> & Whose;

export const lineFacts = (event: ReadlineEvent, owner: ProcessOwner, pathOf: PathOf): LineFacts => ({
  comm: event.comm,
  pid: event.tgid,
  command: event.text,
  truncated: event.truncated,
  ...whose(event, owner, pathOf),
});

export const readlineLine = (
  timestamp: bigint,
  count: number,
  { comm, pid, command, ...rest }: LineFacts,
  more: Partial<ReadlineLine> | null,
): ReadlineLine => ({ timestamp, event: "BASH_READLINE", comm, pid, count, command, ...more, ...rest });

export const lostLine = ({ timestampNs, lost }: LossItem): LostLine => ({
  timestamp: timestampNs,
  event: "LOST",
  count: lost.kernelBuffer + lost.neverSent + lost.queue + lost.traces,
  kernel_buffer: lost.kernelBuffer,
  never_sent: lost.neverSent,
  queue: lost.queue,
  traces: lost.traces,
});

export const startLine = (origin: FeedOrigin): StartLine => ({
  timestamp: origin.startNs,
  event: "START",
  schema: "corral.events/1",
  source: origin.source,
  poll_interval_ms: origin.pollIntervalMs,
  refused: origin.refused.map(({ name, reason }) => ({ name, reason })),
  unmet: origin.unmet.map(({ wish, reason }) => ({ wish, reason })),
  host: origin.host,
  boot_id: origin.bootId,
  clock: { mono_ns: origin.startNs, wall_time: origin.startTime },
});
