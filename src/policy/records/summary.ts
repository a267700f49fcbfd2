import type { LatencyFigures } from "../../report/index.ts";
import type { Outcome } from "../model/index.ts";

export const summarySchema = "corral.policy-summary/1";

/** How often each outcome came about; those that never did are 0. */
export type OutcomeCounts = Readonly<Record<Outcome, number>>;

/** One rule's part of a run. */
export interface RuleSummary {
  readonly rule: string;
  readonly action: string;
  readonly attempts: number;
  readonly acknowledged: number;
  readonly saved_bytes: number;
  readonly outcomes: OutcomeCounts;
}

/** The file that the summary is the end of. */
export interface RecordFileFacts {
  /** Name without its directory. */
  readonly name: string;
  readonly records: number;
  /** Size of the file; of a JSONL file without the line of the summary itself. */
  readonly bytes: number;
  /** Whether the run ends in this file; false: it goes on in a newer one. */
  readonly last: boolean;
}

/** What one run came to: `corral.policy-summary/1`. It is also the mark that a file of records is whole. */
export interface PolicySummary {
  readonly schema: typeof summarySchema;
  readonly run_id: string;
  readonly boot_id: string | null;
  readonly host: string | null;
  readonly corral_version: string | null;
  readonly start_time: string | null;
  readonly end_time: string | null;
  readonly end_reason: string;
  readonly attempts: number;
  readonly acknowledged: number;
  readonly degraded: number;
  /** Rows of an imported file that were no attempts. */
  readonly no_attempts: number;
  readonly outcomes: OutcomeCounts;
  readonly rules: readonly RuleSummary[];
  /** From the request to its acknowledgement. */
  readonly ack_latency: LatencyFigures;
  /** From the deadline to the start of the action. */
  readonly lateness: LatencyFigures;
  readonly saved_bytes: number;
  /** Lifecycle events that were lost; null when nobody counted. */
  readonly lost_events: number | null;
  /** Records that could not be written: the file was too slow or failed. */
  readonly dropped_records: number;
  readonly file: RecordFileFacts | null;
}
