import type { CpuBackendName } from "../../cgroup/cpu/index.ts";
import type { LineInJson, RefusedSource, SourceName } from "../../events/index.ts";
import type { JobEvent } from "../jobs/index.ts";
import type { DecisionFacts } from "../memory/index.ts";
import type { CpuFallback, ToolResult } from "../model/index.ts";
import type { PlannedGroup } from "../tree/index.ts";

/** Who did something: the user id of a client, or the guard itself. */
export type Actor = number | "guard";

/** What the guard tells of itself, one at a time. Names of sessions are plain; other texts are untrusted. */
export type GuardEvent =
  | {
      readonly event: "STARTED";
      readonly session: null;
      readonly root: string;
      readonly socket: string | null;
      readonly sessions: readonly string[];
      /** Null: no events, and so no placement by rules. */
      readonly source: SourceName | null;
      readonly refused: readonly RefusedSource[];
      /** Controllers that this host cannot give to sessions. */
      readonly missing: readonly string[];
      /** Who gives out the sessions' CPU time. */
      readonly cpu_backend: CpuBackendName;
      readonly monitor_only: boolean;
    }
  | { readonly event: "WARNING"; readonly session: string | null; readonly message: string }
  /** In monitor-only: a group that would be made. */
  | {
      readonly event: "WOULD_MAKE";
      readonly session: null;
      readonly group: string;
      readonly role: PlannedGroup["role"];
    }
  | SessionEvent<"SESSION_CREATED", { readonly class: string; readonly owner: number; readonly adopted: boolean }>
  | SessionEvent<"SESSION_CHANGED", { readonly class: string; readonly lacking: readonly string[]; readonly by: Actor }>
  | SessionEvent<"SESSION_REMOVED", { readonly not_restored: readonly string[]; readonly by: Actor }>
  /** Its time to live is over; it is removed with its processes. */
  | SessionEvent<"SESSION_EXPIRED", { readonly ttl_ms: number | null }>
  | SessionEvent<"FROZEN", { readonly by: Actor; readonly complete: boolean; readonly most_ms: number }>
  | SessionEvent<"THAWED", { readonly by: Actor; readonly frozen_ms: number; readonly complete: boolean }>
  /** A process went into a session's framework group. `rule` null: it asked for it itself. */
  | SessionEvent<
      "PLACED",
      {
        readonly pid: number;
        readonly rule: string | null;
        readonly processes: number;
        /** Milliseconds from its exec; null when no exec told of it. */
        readonly after_ms: number | null;
        /** It was moved natively, as its exec was read. */
        readonly quick: boolean;
      }
    >
  | SessionEvent<"WOULD_PLACE", { readonly pid: number; readonly rule: string }>
  | SessionEvent<"PLACEMENT_FAILED", { readonly pid: number; readonly rule: string | null; readonly reason: string }>
  | SessionEvent<"TOOL_STARTED", { readonly call: string; readonly pid: number; readonly by: Actor }>
  | SessionEvent<
      "TOOL_ENDED",
      {
        readonly call: string;
        readonly exit_code: number | null;
        readonly exit_signal: string | null;
        readonly reason: ToolResult["reason"];
        readonly removed: boolean;
      }
    >
  /** What was taken back from an agent that waited for its model. */
  | SessionEvent<
      "RECLAIMED",
      {
        readonly before_bytes: number;
        readonly after_bytes: number;
        readonly reclaimed_bytes: number;
        /** Share of the time for which one of its processes was stalled. */
        readonly stall_share: number;
        readonly duration_sec: number;
      }
    >
  /** A tool call waits for memory; told to its session's tenant, so that it has no names of others. */
  | SessionEvent<
      "TOOL_QUEUED",
      { readonly need_bytes: number; readonly headroom_bytes: number; readonly reserve_bytes: number }
    >
  | SessionEvent<
      "TOOL_ADMITTED",
      {
        /** waited: there was no room, and it has waited for as long as it must. */
        readonly reason: "room" | "waited";
        readonly need_bytes: number;
        readonly headroom_bytes: number | null;
        readonly waited_ms: number;
      }
    >
  | JobEvent
  | SessionEvent<"HINT_IGNORED", { readonly call: string; readonly reason: string }>
  /** Corral's own scheduler has the tasks of the sessions. */
  | {
      readonly event: "SCHEDULER_LOADED";
      readonly session: null;
      readonly mode: "partial" | "full";
      /** Threads that were given to it. */
      readonly adopted: number;
      /** Sessions whose agents may run ahead of their turn. */
      readonly boosted: readonly string[];
    }
  /** It has not any more, or could not be loaded: the kernel's own scheduler has the tasks, and the same weights hold. */
  | {
      readonly event: "SCHEDULER_FALLBACK";
      readonly session: null;
      readonly kind: CpuFallback["kind"];
      readonly reason: string;
      /** More of the kernel's words. */
      readonly message: string;
      /** /sys/kernel/sched_ext/state; null when it could not be loaded. */
      readonly state: string | null;
    }
  /** A step of the protection of memory, with what was seen. */
  | SessionEvent<"DECISION", DecisionFacts>
  | { readonly event: "RELOADED"; readonly session: null; readonly needs_restart: readonly string[] }
  | { readonly event: "RELOAD_FAILED"; readonly session: null; readonly problems: readonly string[] }
  | {
      readonly event: "STOPPED";
      readonly session: null;
      readonly why: string;
      readonly not_restored: readonly string[];
    };

type SessionEvent<Name extends string, Facts> = { readonly event: Name; readonly session: string } & Facts;

/** `corral.guard-event/1`: one line of `corral guard`, beside the lines of `corral events`, and what clients are sent. */
export type GuardEventDocument = GuardEvent & {
  /** CLOCK_MONOTONIC in nanoseconds, as the lines of `corral events` have it. */
  readonly timestamp: bigint;
  /** Wall clock, RFC 3339 with milliseconds. */
  readonly time: string;
};

/** A line of it as JSON. */
export type GuardEventLine = LineInJson<GuardEventDocument>;

export type Tell = (event: GuardEvent) => void;
