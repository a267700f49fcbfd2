import type { RefusedSource, SourceName } from "../../events/index.ts";

/** What a watch tells of itself, one at a time; `corral watch --json` prints each as a line. Names in it are untrusted. */
export type WatchEvent =
  | {
      readonly event: "started";
      readonly rules: number;
      /** Null: by scans alone. */
      readonly source: SourceName | null;
      readonly refused: readonly RefusedSource[];
    }
  | {
      readonly event: "governed";
      readonly pid: number;
      readonly comm: string | null;
      readonly rule: string;
      readonly job_id: string;
      /** From the exec to the match, and to the limits; null for a process that a scan found. */
      readonly discovered_ms: number | null;
      readonly governed_ms: number | null;
      /** Limits that are not applied, each in words. */
      readonly lacking: readonly string[];
    }
  | { readonly event: "taken_up"; readonly pid: number; readonly rule: string; readonly job_id: string }
  | { readonly event: "changed"; readonly rule: string; readonly job_id: string; readonly lacking: readonly string[] }
  | {
      readonly event: "ended";
      readonly job_id: string;
      readonly rule: string;
      readonly exit_code: number | null;
      readonly exit_signal: string | null;
      readonly exit_reason: string;
    }
  | {
      readonly event: "failed";
      readonly pid: number;
      readonly rule: string;
      readonly code: string;
      readonly message: string;
      readonly attempt: number;
      /** Milliseconds to the next attempt; null: it is left alone from now on. */
      readonly retry_ms: number | null;
    }
  | {
      readonly event: "released";
      readonly job_id: string;
      readonly rule: string;
      readonly not_restored: readonly string[];
    }
  | { readonly event: "reloaded"; readonly rules: number }
  | { readonly event: "source_ended"; readonly message: string }
  | { readonly event: "scan_failed"; readonly message: string }
  | { readonly event: "events_lost"; readonly lost: number };
