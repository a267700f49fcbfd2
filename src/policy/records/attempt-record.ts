import { signalName } from "../../kernel/index.ts";
import type { AckStats, ActionResult, Attempt, Measure } from "../model/index.ts";
import type { AttemptRecord } from "./columns.ts";
import { attemptSchema } from "./columns.ts";
import { escapeText } from "./escape-text.ts";
import type { TalliedRecord } from "./run-tally.ts";

/** What is the same in every record of one run. */
export interface RunFacts {
  readonly runId: string;
  readonly bootId: string | null;
  readonly host: string | null;
  readonly corralVersion: string | null;
  /** Wall clock when the run began, milliseconds since 1970. */
  readonly startedWallMs: number;
}

/** A workload may claim any 64-bit number; beyond 2^53 a JSON number would be another one. */
const toCount = (value: bigint): number =>
  value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);

const textOrNull = (text: string | null): string | null => (text === null || text === "" ? null : escapeText(text));
const nsOrNull = (ns: bigint | null | undefined): string | null => (ns == null || ns <= 0n ? null : ns.toString());
const positiveOrNull = (value: number | null | undefined): number | null =>
  value == null || value <= 0 ? null : Math.round(value);

/** Milliseconds between two times with three decimals, never 0: that stands for not known. */
function latencyMs(fromNs: bigint | null, toNs: bigint | null): number | null {
  if (fromNs === null || toNs === null || toNs < fromNs) return null;
  return Math.max(1, Math.round(Number(toNs - fromNs) / 1000)) / 1000;
}

const statisticsOf = (stats: AckStats | null) => ({
  total_input_bytes_attempted: stats && toCount(stats.totalInputBytesAttempted),
  chunks_admitted: stats && toCount(stats.chunksAdmitted),
  logical_input_bytes: stats && toCount(stats.logicalInputBytes),
  compressed_bytes_live: stats && toCount(stats.compressedBytesLive),
  pool_bytes_live: stats && toCount(stats.poolBytesLive),
  pool_bytes_free: stats && toCount(stats.poolBytesFree),
  pool_compactions: stats && toCount(stats.poolCompactions),
  compress_ops: stats && toCount(stats.compressOps),
  decompress_ops: stats && toCount(stats.decompressOps),
  evictions_lru: stats && toCount(stats.evictionsLru),
  incompressible_chunks: stats && toCount(stats.incompressibleChunks),
});

/** What was saved, by the best figure that was measured before and after. */
function savingOf(before: Measure | null, after: Measure | null): Pick<AttemptRecord, "saved_bytes" | "saved_basis"> {
  const figures = [
    ["pss", before?.pssBytes, after?.pssBytes],
    ["rss", before?.rssBytes, after?.rssBytes],
    ["group", before?.groupCurrentBytes, after?.groupCurrentBytes],
  ] as const;
  for (const [basis, was, is] of figures)
    if (was != null && is != null) return { saved_bytes: was - is, saved_basis: basis };
  return { saved_bytes: null, saved_basis: null };
}

const measuresOf = (before: Measure | null, after: Measure | null) => ({
  before_pss_bytes: before?.pssBytes ?? null,
  after_pss_bytes: after?.pssBytes ?? null,
  before_rss_bytes: before?.rssBytes ?? null,
  after_rss_bytes: after?.rssBytes ?? null,
  before_swap_bytes: before?.swapBytes ?? null,
  after_swap_bytes: after?.swapBytes ?? null,
  before_group_bytes: before?.groupCurrentBytes ?? null,
  after_group_bytes: after?.groupCurrentBytes ?? null,
  before_group_swap_bytes: before?.groupSwapBytes ?? null,
  after_group_swap_bytes: after?.groupSwapBytes ?? null,
});

/** Whether the process itself was asked, which is what `compress_sent` meant: a reclaim of its group asks nobody. */
const wasAsked = ({ action, outcome, result }: Attempt): boolean =>
  result !== null &&
  result.requestedNs !== null &&
  outcome !== "dry_run" &&
  (action === "message" || action === "signal");

/** A refusal is an answer too, and no acknowledgement. */
const acknowledged = (result: ActionResult | null): result is ActionResult & { acknowledgedNs: bigint } =>
  result !== null && result.acknowledgedNs !== null && result.outcome !== "nacked";

const hasEnded = ({ process: one, outcome }: Attempt): boolean =>
  one.exitNs !== null ||
  one.exitCode !== null ||
  one.exitSignal !== null ||
  one.endedUnseen === true ||
  outcome === "exited_before";

/** When the process was asked, and when it acknowledged. */
function exchangeOf(attempt: Attempt) {
  const { result } = attempt;
  const asked = wasAsked(attempt);
  const requestedNs = asked ? (result?.requestedNs ?? null) : null;
  const ackNs = acknowledged(result) ? result.acknowledgedNs : null;
  return { asked, requestedNs, ackNs };
}

function latenessUs({ deadlineNs, result }: Attempt): number | null {
  const late = deadlineNs === null || result === null ? null : Number(result.startedNs - deadlineNs);
  return late === null ? null : Math.round(late / 1000);
}

/** What sums are made of: all that is needed of a record that is written nowhere, at a tenth of its cost. */
export function toTallied(attempt: Attempt): TalliedRecord {
  const { degraded, outcome, rule, action, result } = attempt;
  const { requestedNs, ackNs } = exchangeOf(attempt);
  return {
    degraded,
    outcome,
    rule: escapeText(rule),
    action: escapeText(action),
    compress_ack: ackNs !== null,
    compress_latency_ms: latencyMs(requestedNs, ackNs),
    lateness_us: latenessUs(attempt),
    saved_bytes: savingOf(result?.before ?? null, result?.after ?? null).saved_bytes,
  };
}

/** The original columns. */
function classicPart(attempt: Attempt) {
  const { process: one, result, outcome } = attempt;
  const stats = attempt.stats ?? result?.stats ?? null;
  const { asked, requestedNs, ackNs } = exchangeOf(attempt);
  return {
    pid: one.identity.pid,
    generation: one.generation,
    comm: escapeText(one.comm ?? ""),
    workload_name: escapeText(one.workloadName ?? ""),
    enrolled: one.enrolled,
    use_mem_arena: one.arena?.useMemArena ?? false,
    exec_event_ns: nsOrNull(one.execNs),
    deadline_ns: nsOrNull(attempt.deadlineNs),
    exit_event_ns: nsOrNull(one.exitNs),
    parent_pid_last_seen: positiveOrNull(one.ppid),
    lineage_root_pid: positiveOrNull(one.lineageRootPid),
    compress_sent: asked,
    compress_ack: ackNs !== null,
    exited: hasEnded(attempt),
    missed_due_to_no_enroll: outcome === "not_enrolled" || outcome === "enroll_late",
    compress_request_ns: nsOrNull(requestedNs),
    compress_ack_ns: nsOrNull(ackNs),
    compress_latency_ms: latencyMs(requestedNs, ackNs),
    trigger_count: stats && toCount(stats.triggerCount),
    arena_cap_mb: positiveOrNull(one.arena?.capMb),
    arena_min_savings_pct: positiveOrNull(one.arena?.minSavingsPercent),
    region_mb: positiveOrNull(one.arena?.regionMb),
    ...statisticsOf(stats),
  };
}

/** Our own columns. */
function addedPart(attempt: Attempt, run: RunFacts) {
  const { process: one, result } = attempt;
  const { before = null, after = null } = result ?? {};
  return {
    run_id: attempt.runId,
    boot_id: run.bootId,
    host: textOrNull(run.host),
    corral_version: run.corralVersion,
    wall_time: new Date(attempt.wallTimeMs).toISOString(),
    attempt_id: attempt.attemptId,
    try: attempt.tryNumber,
    rule: escapeText(attempt.rule),
    action: escapeText(attempt.action),
    outcome: attempt.outcome,
    reason: escapeText(attempt.reason),
    errno: textOrNull(result?.errno ?? null),
    degraded: attempt.degraded,
    uid: one.uid,
    exe: textOrNull(one.exe),
    cgroup: textOrNull(one.cgroup),
    start_ticks: one.identity.startTicks,
    exit_code: one.exitCode,
    exit_signal: one.exitSignal === null ? null : (signalName(one.exitSignal) ?? String(one.exitSignal)),
    lateness_us: latenessUs(attempt),
    started_ns: nsOrNull(result?.startedNs),
    finished_ns: nsOrNull(result?.finishedNs),
    ack_received_ns: nsOrNull(result?.phases?.receivedNs),
    ack_safe_point_ns: nsOrNull(result?.phases?.safePointNs),
    ack_start_ns: nsOrNull(result?.phases?.startNs),
    ack_end_ns: nsOrNull(result?.phases?.endNs),
    ...measuresOf(before, after),
    ...savingOf(before, after),
    amount_bytes: result?.amountBytes ?? null,
    affected_group: textOrNull(result?.affected?.path ?? null),
    affected_processes: result?.affected?.processes ?? null,
    stats_reported: (attempt.stats ?? result?.stats ?? null) !== null,
  };
}

/** An attempt as it is written. Assigned, not spread: V8 takes 40 times as long for a literal with so many members. */
export const toRecord = (attempt: Attempt, run: RunFacts): AttemptRecord =>
  Object.assign({}, { schema: attemptSchema }, classicPart(attempt), addedPart(attempt, run));

const withSchemaFirst = ({ schema, ...rest }: AttemptRecord): object => ({ schema, ...rest });

/** A record as one line of JSON, its schema first: that is how such a file is told from others. */
export function toJsonLine(record: AttemptRecord): string {
  const text = JSON.stringify(record);
  return `${text.startsWith('{"schema":') ? text : JSON.stringify(withSchemaFirst(record))}\n`;
}
