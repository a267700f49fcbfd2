import type { RefusedSource, SourceName } from "../../events/index.ts";
import type { LatencyFigures } from "../../report/index.ts";
import type { Attempt, EnrolmentChange, Outcome, SignalMeans, SignalWant } from "../model/index.ts";
import type { PolicySummary } from "../records/index.ts";

/** What a running policy tells, as it happens. */
export type PolicyEvent =
  | {
      readonly event: "started";
      readonly rules: readonly string[];
      readonly source: SourceName;
      readonly refused: readonly RefusedSource[];
      readonly socket: string | null;
      readonly legacySocket: string | null;
      readonly runId: string;
      readonly dryRun: boolean;
      readonly scheduling: "realtime" | "fair";
      /** Why it is not `realtime`; null where it is, or was not to be. */
      readonly schedulingReason: string | null;
      /** Processes whose deadlines an earlier run had set. */
      readonly restored: number;
    }
  | { readonly event: "warning"; readonly message: string }
  | { readonly event: "enrolment"; readonly change: EnrolmentChange }
  | { readonly event: "attempt"; readonly attempt: Attempt }
  | { readonly event: "watching"; readonly want: SignalWant; readonly means: SignalMeans }
  | { readonly event: "lost"; readonly lost: number }
  | { readonly event: "reloaded"; readonly rules: readonly string[] }
  | { readonly event: "reload_failed"; readonly problems: readonly string[] }
  | {
      readonly event: "stopped";
      readonly why: string;
      readonly pending: number;
      readonly summary: PolicySummary;
      /** Execs of which nobody told the file that runs. */
      readonly unknownFiles: number;
      /** How late every deadline was noticed, acted on or not. */
      readonly lateness: LatencyFigures;
    };

/** What a policy is at. */
export interface PolicyProgress {
  /** Processes that a rule has or that have enrolled. */
  readonly followed: number;
  /** Deadlines that are to come. */
  readonly pending: number;
  /** Records so far. */
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
}
