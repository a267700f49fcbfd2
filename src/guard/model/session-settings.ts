import type { Limits } from "../../cgroup/index.ts";
import type { SettingName } from "../../run/settings/index.ts";
import type { SessionClass } from "./session-class.ts";
import { sessionClasses } from "./session-class.ts";

/** The settings of `corral run` that a group can have without a process: those of sessions and of tool calls. */
export const groupSettings = [
  "cpu-quota",
  "cpu-weight",
  "cpu-max",
  "cpu-burst",
  "cpu-idle",
  "cpuset",
  "cpuset-mems",
  "memory-limit",
  "memory-max",
  "memory-high",
  "memory-low",
  "memory-min",
  "swap-max",
  "zswap-max",
  "oom-group",
  "io-weight",
  "io-weight-raw",
  "io-max",
  "io-latency",
  "pids-max",
] as const satisfies readonly SettingName[];

export type GroupSetting = (typeof groupSettings)[number];

/** What becomes of processes that a tool call left behind when its command has ended. */
export const backgroundPolicies = ["kill", "wait", "adopt"] as const;

/** kill: at once. wait: `waitMs` for them to end, then kill. adopt: they move to the session's framework group. */
export type BackgroundPolicy = (typeof backgroundPolicies)[number];

/** What a call has that says nothing of its memory. */
export const callDefaults = ["none", "learn"] as const;
export type CallDefaults = (typeof callDefaults)[number];

/** How tool calls of a session are kept. */
export interface ToolSettings {
  /** Of a call whose hint does not say otherwise. */
  readonly limits: Limits;
  /** What no hint goes beyond; a key that is absent is bounded by the session's own limits only. */
  readonly ceilings: ToolCeilings;
  readonly background: BackgroundPolicy;
  /** Milliseconds that `wait` waits. */
  readonly waitMs: number;
  /** Milliseconds after which a call is killed; null: never. A hint may ask for less. */
  readonly timeMs: number | null;
  /** Most calls at a time. */
  readonly mostCalls: number;
  /** none: a call without a hint has the limits above. learn: its `memory.high` is what its kind usually needs. */
  readonly defaults: CallDefaults;
}

export interface ToolCeilings {
  readonly memoryBytes?: number;
  readonly cpuPercent?: number;
  readonly pids?: number;
}

/** Where a session comes from: it always exists, it is in the file, or a client made it. */
export type SessionOrigin = "builtin" | "file" | "client";

/** One session as it is wanted. Plain data. */
export interface SessionSpec {
  readonly name: string;
  readonly class: SessionClass;
  /** User id of its tenant, who may do with it what it allows; 0: root alone. */
  readonly owner: number;
  /** Of the session as a whole. `cpuWeight` is always there: the class's, unless it was given. */
  readonly limits: Limits & { readonly cpuWeight: number };
  readonly tools: ToolSettings;
  /** Milliseconds that it lives from its last change; null: for as long as nobody removes it. */
  readonly ttlMs: number | null;
  readonly origin: SessionOrigin;
}

/** Processes of a session that says nothing of them, and of one of its calls (R8). */
const plainPids = { session: 2048, tool: 512 } as const;

export const plainTools: ToolSettings = {
  limits: { pidsMax: plainPids.tool },
  ceilings: {},
  background: "kill",
  waitMs: 5000,
  timeMs: null,
  mostCalls: 64,
  defaults: "none",
};

/** The limits of a session: those that were given, over those of its class. */
export const sessionLimits = (of: SessionClass, given: Limits): SessionSpec["limits"] => ({
  cpuWeight: sessionClasses[of].cpuWeight,
  pidsMax: plainPids.session,
  ...given,
});

const builtin = (name: string, of: SessionClass): SessionSpec => ({
  name,
  class: of,
  owner: 0,
  limits: sessionLimits(of, {}),
  tools: plainTools,
  ttlMs: null,
  origin: "builtin",
});

/** The two sessions of the original daemon, which are always there. */
export const builtinSessions: readonly SessionSpec[] = [builtin("session_high", "high"), builtin("session_low", "low")];
