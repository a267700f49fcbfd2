import type { ConstraintOutcome } from "../../report/index.ts";
import type { WarmMovesStatus } from "../../run/moves/index.ts";
import type { MemoryPolicy } from "./memory-settings.ts";
import type { SessionClass } from "./session-class.ts";
import type { BackgroundPolicy, CallDefaults, GroupSetting, SessionOrigin } from "./session-settings.ts";

/** Limits by the names and with the values of `corral run`'s flags: `{"memory-max": "2G"}`; `max` lifts a cap. */
export type LimitsRequest = {
  readonly [K in GroupSetting]?: string | number | boolean | readonly (string | number)[];
};

/** How tool calls of a session are kept; durations are texts such as `5s`, or seconds. */
export interface ToolsRequest {
  readonly limits?: LimitsRequest;
  readonly ceilings?: { readonly memory?: string | number; readonly cpu?: number; readonly pids?: number };
  readonly background?: BackgroundPolicy;
  readonly wait?: string | number;
  readonly time?: string | number;
  readonly most_calls?: number;
  readonly defaults?: CallDefaults;
}

/** What a client says of a session that it makes or changes; what is absent is the default, or stays as it is. */
export interface SessionRequest {
  readonly class?: SessionClass;
  readonly limits?: LimitsRequest;
  readonly tools?: ToolsRequest;
  /** It is removed with its processes when it has not been changed for so long, such as `2h`; `never`. Default never. */
  readonly ttl?: string | number;
}

/** What a client says of a session that it makes. */
export interface CreateRequest extends SessionRequest {
  readonly name: string;
  /** User id of its tenant; for who runs the host to give. Default: who asks. */
  readonly owner?: number;
}

/** `corral.session/1`: one session as its tenant sees it; nothing in it tells of others. */
export interface SessionDocument {
  readonly schema: "corral.session/1";
  readonly name: string;
  readonly class: SessionClass;
  readonly owner: number;
  readonly origin: SessionOrigin;
  /** Wall clock, RFC 3339. */
  readonly since: string;
  /** Milliseconds that it lives from its last change; null: for as long as nobody removes it. */
  readonly ttl_ms: number | null;
  /** Milliseconds until it ends by itself; null: it does not. */
  readonly expires_in_ms: number | null;
  readonly frozen: boolean;
  /** Milliseconds of all freezes so far. */
  readonly frozen_ms: number;
  /** `leashed`, `clamped`, `freezing` or `frozen` for the sake of a better class; null: none of it. */
  readonly memory_stage: "leashed" | "clamped" | "freezing" | "frozen" | null;
  readonly processes: number;
  /** Null without a memory controller. */
  readonly memory_bytes: number | null;
  /** Tool calls that run now. */
  readonly calls: number;
  /** Directories of its groups. */
  readonly group: string;
  readonly framework: string;
  readonly limits: readonly ConstraintOutcome[];
}

/** Why and when the sessions' CPU time has gone back to the kernel's own scheduler. */
export interface CpuFallback {
  /** Wall clock, RFC 3339. */
  readonly time: string;
  /** `refused`: it could not be loaded. `died`, `stalled`, `ended`: see docs/scheduler.md. */
  readonly kind: "refused" | "died" | "stalled" | "ended";
  /** Untrusted text of the kernel, or how the loader ended. */
  readonly reason: string;
}

/** The protection of memory as it stands. */
export interface MemoryStatus {
  readonly policy: MemoryPolicy;
  readonly dry_run: boolean;
  /** Whether the kernel has these hooks, by its own type information; `unknown` where it has none. */
  readonly memcg_bpf_ops: "absent" | "present" | "unknown";
  readonly tick_ms: number;
  /** Longest time that a look came late. Null, as the following, while nothing is looked at. */
  readonly latest_ms: number | null;
  readonly limit_bytes: number | null;
  readonly headroom_bytes: number | null;
  /** The group whose memory.max counts, or `host`. */
  readonly bound_by: string | null;
  /** Sessions that are protected from the others now. */
  readonly protects: readonly string[];
  /** Sessions that are never touched: the guard is in them, or what started it. */
  readonly spared: readonly string[];
  /** Sessions that are clamped or frozen, and how. */
  readonly held: Readonly<Record<string, string>>;
  /** How often each action was decided. */
  readonly decisions: Readonly<Record<string, number>>;
  /** Tool calls that wait for memory. */
  readonly queued: number;
  /** What wakes it besides the tick. */
  readonly wakes: readonly { readonly group: string; readonly mechanism: string; readonly reason: string }[];
}

/** `corral.guard-status/1`: the guard, and the sessions that the asking user may see. */
export interface GuardStatus {
  readonly schema: "corral.guard-status/1";
  readonly version: string;
  readonly pid: number;
  readonly since: string;
  readonly root: string;
  readonly monitor_only: boolean;
  /** Where events come from; null: there are none. */
  readonly source: string | null;
  /** Controllers that this host cannot give to sessions. */
  readonly missing: readonly string[];
  /** How memory is protected beyond the limits of each session. */
  readonly memory_policy: MemoryPolicy;
  readonly memory: MemoryStatus;
  /** Who gives out the sessions' CPU time now: the kernel's own scheduler (`fair`) or Corral's (`scx`). Both go by cpu.weight. */
  readonly cpu_backend: "fair" | "scx";
  /** Which of them was asked for. */
  readonly cpu_wanted: "fair" | "scx";
  /** The last one since the backend was opened; null: there was none. */
  readonly cpu_fallback: CpuFallback | null;
  /** Whether the kernel's lock on moves between groups is kept warm. */
  readonly warm_moves: WarmMovesStatus;
  readonly sessions: readonly SessionDocument[];
}

/** Processes that who runs the host puts into a session: one with its descendants, or those of a unit or container. */
export type AdoptRequest =
  | { readonly pid: number }
  /** Name of a systemd service or scope. */
  | { readonly unit: string }
  /** Its id, the first 12 digits at least. */
  | { readonly container: string };

/** `corral.session-adopt/1`: what became of it. Memory that they were charged for before stays charged where it was. */
export interface AdoptDocument {
  readonly schema: "corral.session-adopt/1";
  readonly session: string;
  /** The group that they were in. */
  readonly group: string | null;
  /** How many were moved. */
  readonly processes: number;
  /** Those that stayed, and why. */
  readonly left: readonly { readonly pid: number; readonly reason: string }[];
}

/** `corral.session-token/1`: the token that was made for a session, or whether there was one that is worth nothing now. */
export type TokenDocument = { readonly schema: "corral.session-token/1"; readonly session: string } & (
  | { readonly token: string }
  | { readonly revoked: boolean }
);

/** What a client is told when something cannot be done. */
export interface ErrorDocument {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly object: string | null;
    readonly found: string | null;
    readonly fix: string | null;
  };
}
