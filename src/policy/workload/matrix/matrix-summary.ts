import type { AttemptRecord } from "../../records/index.ts";
import type { MatrixEntry } from "./matrix-plan.ts";

/** `summary.json` of one workload: the keys of the original in its order, then ours. */
export interface MatrixSummary {
  readonly workload: string;
  readonly target_pid: number;
  readonly target_class: MatrixEntry["target"];
  readonly rows_total: number;
  readonly target_tree_rows: number;
  readonly background_rows: number;
  readonly target_enrolled_rows: number;
  readonly target_triggered_rows: number;
  readonly target_acked_rows: number;
  readonly target_missed_no_enroll_rows: number;
  readonly skipped_ineligible_rows: number;
  readonly rows_compress_sent: number;
  readonly rows_compress_ack: number;
  readonly schema: "corral.workload-matrix-summary/1";
  /** Rows of the workload's tree by their outcome. */
  readonly target_outcomes: Readonly<Record<string, number>>;
  /** Bytes that the requests to the workload saved, as the kernel counts them. */
  readonly target_saved_bytes: number;
}

/** What the original writes where there are no rows. */
export interface MatrixFailure {
  readonly workload: string;
  readonly target_pid: number | null;
  readonly target_class: MatrixEntry["target"];
  readonly error: string;
}

type Ns = AttemptRecord["exit_event_ns"];

const isBefore = (a: Ns, b: Ns): boolean => a !== null && b !== null && BigInt(a) < BigInt(b);

/** Counts rows as they come; of a process and all that it started, and of the rest. */
export class MatrixCount {
  readonly #entry: MatrixEntry;
  readonly #targetPid: number;
  readonly #counts = { total: 0, tree: 0, enrolled: 0, triggered: 0, acked: 0, missed: 0, skipped: 0, sent: 0, ack: 0 };
  readonly #outcomes: Record<string, number> = {};
  #savedBytes = 0;

  constructor(entry: MatrixEntry, targetPid: number) {
    this.#entry = entry;
    this.#targetPid = targetPid;
  }

  add(row: AttemptRecord): void {
    const counts = this.#counts;
    counts.total += 1;
    counts.sent += Number(row.compress_sent);
    counts.ack += Number(row.compress_ack);
    if (row.pid !== this.#targetPid && row.lineage_root_pid !== this.#targetPid) return;
    counts.tree += 1;
    counts.enrolled += Number(row.enrolled);
    counts.triggered += Number(row.compress_sent);
    counts.acked += Number(row.compress_ack);
    counts.missed += Number(row.missed_due_to_no_enroll);
    counts.skipped += Number(this.#isIneligible(row));
    const outcome = row.outcome ?? "none";
    this.#outcomes[outcome] = (this.#outcomes[outcome] ?? 0) + 1;
    this.#savedBytes += row.saved_bytes ?? 0;
  }

  /** Nobody could have asked it: it makes processes only, or had ended before it was due. */
  #isIneligible(row: AttemptRecord): boolean {
    if (this.#entry.target === "observe_only") return true;
    return row.exited && !row.compress_sent && isBefore(row.exit_event_ns, row.deadline_ns);
  }

  get summary(): MatrixSummary {
    const counts = this.#counts;
    return {
      workload: this.#entry.workload,
      target_pid: this.#targetPid,
      target_class: this.#entry.target,
      rows_total: counts.total,
      target_tree_rows: counts.tree,
      background_rows: counts.total - counts.tree,
      target_enrolled_rows: counts.enrolled,
      target_triggered_rows: counts.triggered,
      target_acked_rows: counts.acked,
      target_missed_no_enroll_rows: counts.missed,
      skipped_ineligible_rows: counts.skipped,
      rows_compress_sent: counts.sent,
      rows_compress_ack: counts.ack,
      schema: "corral.workload-matrix-summary/1",
      target_outcomes: this.#outcomes,
      target_saved_bytes: this.#savedBytes,
    };
  }
}
