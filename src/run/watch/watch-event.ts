import type { RefusedSource, SourceName } from "../../events/index.ts";

/** What a watch tells of itself, one at a time. Names in it are untrusted. */
export type WatchEvent =
  | {
      readonly event: "started";
      readonly rules: number;
      /** Null: by scans alone. */
      readonly source: SourceName | null;
      readonly refused: readonly RefusedSource[];
      /** Where metrics are served; null: nowhere. */
      readonly listen: string | null;
    }
  | { readonly event: "warning"; readonly message: string }
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
      /** Milliseconds to the next attempt; null: there is none. */
      readonly retry_ms: number | null;
    }
  | {
      readonly event: "released";
      readonly job_id: string;
      readonly rule: string;
      readonly why: string;
      readonly not_restored: readonly string[];
    }
  | {
      readonly event: "reloaded";
      readonly rules: number;
      /** Keys of the file whose change needs a new start. */
      readonly needs_restart: readonly string[];
    }
  /** The rules stay as they were. */
  | { readonly event: "reload_failed"; readonly problems: readonly string[] }
  /** Scans go on. */
  | {
      readonly event: "source_ended";
      readonly message: string;
      /** Milliseconds to the next attempt to open it again; each later one is twice as far off, a minute at most. */
      readonly retry_ms: number;
    }
  /** `down_ms`: milliseconds without events, whose processes a scan looks for now. */
  | { readonly event: "source_reopened"; readonly source: SourceName; readonly down_ms: number }
  | { readonly event: "scan_failed"; readonly message: string }
  | { readonly event: "events_lost"; readonly lost: number }
  | { readonly event: "stopped"; readonly why: string; readonly jobs: "keep" | "release"; readonly governed: number };

/** `corral.watch-event/1`: one line of `corral watch --json`. */
export type WatchEventDocument = WatchEvent & {
  readonly schema: "corral.watch-event/1";
  /** Wall clock, RFC 3339 with milliseconds. */
  readonly time: string;
};

export const toEventDocument = (event: WatchEvent, time: string): WatchEventDocument => ({
  schema: "corral.watch-event/1",
  time,
  ...event,
});
