import type { CellKind, CellValues } from "./cell-kinds.ts";

/** One column of a record: its name in every format, its kind, and what it means. */
export interface Column {
  readonly name: string;
  readonly kind: CellKind;
  readonly meaning: string;
}

const column = <const N extends string, const K extends CellKind>(name: N, kind: K, meaning: string) =>
  ({ name, kind, meaning }) as const;

const monotonic = "CLOCK_MONOTONIC nanoseconds";

/** The columns of the original files, in their order. Those marked in `laterColumns` came later there: older files have 30. */
const originalColumns = [
  column("pid", "count", "process id in our own PID namespace, always of a whole process"),
  column("generation", "count", "1 for the first program the process executed, growing with each exec"),
  column("comm", "text", "name of the process, at most 15 bytes, its own choice; empty when not known"),
  column("workload_name", "text", "name the workload enrolled under, its own choice; empty when it had not"),
  column("enrolled", "flag", "whether the process was enrolled"),
  column("use_mem_arena", "flag", "whether it enrolled with a memory arena"),
  column("exec_event_ns", "nsOrZero", `${monotonic} of the exec; 0 in CSV, null in JSON when not seen`),
  column("deadline_ns", "nsOrZero", `${monotonic} when the rule was due; 0 or null when it never was`),
  column("exit_event_ns", "nsOrZero", `${monotonic} of the exit; 0 or null while it lives`),
  column("parent_pid_last_seen", "countOrZero", "parent process, not thread; 0 or null when not known"),
  column("lineage_root_pid", "countOrZero", "root of its process tree: the named one, else the oldest known ancestor"),
  column("compress_sent", "flag", "whether the process was asked: a message was sent or a signal delivered"),
  column("compress_ack", "flag", "whether it acknowledged this very request"),
  column("exited", "flag", "whether it had ended when the record was made"),
  column("missed_due_to_no_enroll", "flag", "whether it had not enrolled by the deadline, though the rule needs it"),
  column("compress_request_ns", "nsOrZero", `${monotonic} when it was asked; 0 or null when it never was`),
  column("compress_ack_ns", "nsOrZero", `${monotonic} when the acknowledgement arrived here; 0 or null without one`),
  column("compress_latency_ms", "msOrZero", "milliseconds from the request to its acknowledgement; 0.000 or null"),
  column("trigger_count", "statistic", "external compressions so far"),
  column("arena_cap_mb", "countOrZero", "budget of its arena, MiB; 0 or null without one"),
  column("arena_min_savings_pct", "countOrZero", "least saving for which a chunk is kept compressed, percent"),
  column("region_mb", "countOrZero", "size of its regions, MiB"),
  column("total_input_bytes_attempted", "statistic", "bytes offered to the compressor so far"),
  column("chunks_admitted", "statistic", "chunks that were worth it so far"),
  column(
    "logical_input_bytes",
    "statistic",
    "bytes in those chunks so far: a sum over time, not what is compressed now",
  ),
  column("compressed_bytes_live", "statistic", "bytes of compressed data now"),
  column("pool_bytes_live", "statistic", "bytes of the pool in use now"),
  column("pool_bytes_free", "statistic", "bytes of the pool not in use now"),
  column("pool_compactions", "statistic", "times the pool was compacted"),
  column("compress_ops", "statistic", "chunks compressed so far"),
  column("decompress_ops", "statistic", "chunks decompressed so far, evictions included"),
  column("evictions_lru", "statistic", "chunks decompressed to make room"),
  column("incompressible_chunks", "statistic", "chunks that were not worth it"),
] as const;

/** What we add, behind them. */
const addedColumns = [
  column("schema", "text", "corral.policy-attempt/1"),
  column("run_id", "text", "the run of the policy engine; imported when the file does not say"),
  column("boot_id", "textOrNull", "random id of the boot: times and process ids mean nothing across boots"),
  column("host", "textOrNull", "name of the host"),
  column("corral_version", "textOrNull", "version that made the record"),
  column("wall_time", "textOrNull", "wall clock at the end of the attempt, RFC 3339 with milliseconds"),
  column("attempt_id", "text", "unique within the run; the tries of one firing share what is before the last dash"),
  column("try", "count", "1, 2, … of the tries of one firing"),
  column("rule", "text", "the rule that fired"),
  column("action", "text", "what the rule does: message, signal, reclaim, …"),
  column("outcome", "textOrNull", "how it ended; null only of imported rows that were no attempt"),
  column("reason", "text", "why, one clause for people"),
  column("errno", "textOrNull", "name of the errno of the call that failed"),
  column("degraded", "flag", "whether events were lost while it was under way"),
  column("uid", "countOrNull", "real user id of the process"),
  column("exe", "textOrNull", "path of its program"),
  column("cgroup", "textOrNull", "path of its control group"),
  column("start_ticks", "countOrNull", "start time in clock ticks after boot: with pid and boot_id its identity"),
  column("exit_code", "countOrNull", "exit status, where it is known"),
  column("exit_signal", "textOrNull", "signal that ended it, where it is known"),
  column("lateness_us", "signedOrNull", "microseconds from the deadline to the start of the action"),
  column("started_ns", "nsOrNull", `${monotonic} when the action began`),
  column("finished_ns", "nsOrNull", `${monotonic} when its effect had been looked at`),
  column("ack_received_ns", "nsOrNull", `${monotonic} when the workload received the request, by its own word`),
  column("ack_safe_point_ns", "nsOrNull", `${monotonic} when it reached a safe point, by its own word`),
  column("ack_start_ns", "nsOrNull", `${monotonic} when it began, by its own word`),
  column("ack_end_ns", "nsOrNull", `${monotonic} when it was done, by its own word`),
  column("before_pss_bytes", "countOrNull", "PSS before the action, bytes"),
  column("after_pss_bytes", "countOrNull", "PSS after it, bytes"),
  column("before_rss_bytes", "countOrNull", "resident memory before it, bytes"),
  column("after_rss_bytes", "countOrNull", "resident memory after it, bytes"),
  column("before_swap_bytes", "countOrNull", "swap before it, bytes"),
  column("after_swap_bytes", "countOrNull", "swap after it, bytes"),
  column("before_group_bytes", "countOrNull", "memory charged to the group before it, bytes"),
  column("after_group_bytes", "countOrNull", "memory charged to the group after it, bytes"),
  column("before_group_swap_bytes", "countOrNull", "swap charged to the group before it, bytes"),
  column("after_group_swap_bytes", "countOrNull", "swap charged to the group after it, bytes"),
  column("saved_bytes", "signedOrNull", "memory that became free, bytes, negative when it grew; by saved_basis"),
  column("saved_basis", "textOrNull", "what saved_bytes compares: pss, rss or group, the first that was measured"),
  column("amount_bytes", "countOrNull", "bytes reclaimed or paged out, as far as the kernel says"),
  column("affected_group", "textOrNull", "the group that was acted on"),
  column("affected_processes", "countOrNull", "processes in that group and below it"),
  column("stats_reported", "flag", "whether the workload stated statistics; the zeros are no counts if not"),
] as const;

type AllColumns = readonly [...typeof originalColumns, ...typeof addedColumns];

/** All columns, the original ones first. */
export const columns: AllColumns = [...originalColumns, ...addedColumns];

/** How many of them the original has. */
export const originalCount = originalColumns.length;

/** Columns that the oldest files do not have. */
export const laterColumns: ReadonlySet<string> = new Set(["exit_event_ns", "parent_pid_last_seen", "lineage_root_pid"]);

/** One attempt as it is written: `corral.policy-attempt/1`. Made from the table of columns. */
export type AttemptRecord = { readonly [C in AllColumns[number] as C["name"]]: CellValues[C["kind"]] };

export const attemptSchema = "corral.policy-attempt/1";
