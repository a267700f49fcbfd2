import type { Limits } from "../../cgroup/index.ts";
import type { Condition } from "../../kernel/match/index.ts";
import type { WarmMoves } from "../../run/moves/index.ts";
import type { CpuSettings } from "./cpu-settings.ts";
import type { MemorySettings } from "./memory-settings.ts";
import type { SessionClass } from "./session-class.ts";
import type { SessionSpec, ToolSettings } from "./session-settings.ts";

/** A user who may make sessions of his own, and how far they go. */
export interface Tenant {
  readonly uid: number;
  /** The best class of his sessions. */
  readonly class: SessionClass;
  readonly mostSessions: number;
  /** What each of his sessions stays within; a key that is absent is not bounded. */
  readonly ceilings: Limits;
}

/** Places processes into a session. */
export interface PlacementRule {
  readonly name: string;
  readonly session: string;
  /** All must hold. */
  readonly match: readonly Condition[];
  /** None may hold, each of which holds when all its keys do. */
  readonly except: readonly (readonly Condition[])[];
}

/** A configuration of `corral guard`, judged and resolved. */
export interface GuardConfig {
  /** The file it came from, for messages; null: there was none. */
  readonly file: string | null;
  /** Directory of the root group; null: the default. Only a new start heeds it. */
  readonly cgroupRoot: string | null;
  /** The socket that is served; null: the default. Only a new start heeds it. */
  readonly socket: string | null;
  /** `ADDRESS:PORT` or `unix:/PATH` that serves /metrics and /healthz; null: none. Only a new start heeds it. */
  readonly listen: string | null;
  /** File of the log of tool calls; null: none. */
  readonly toolLog: string | null;
  /** Longest freeze that nobody ends, in milliseconds. */
  readonly freezeMostMs: number;
  readonly cpu: CpuSettings;
  /** Whether the kernel's lock on moves is kept warm. */
  readonly warmMoves: WarmMoves;
  /** How memory is protected beyond limits. */
  readonly memory: MemorySettings;
  /** How tool calls are kept in sessions that do not say otherwise. */
  readonly tools: ToolSettings;
  /** Those of the file and those that are always there. */
  readonly sessions: readonly SessionSpec[];
  readonly tenants: readonly Tenant[];
  readonly placement: readonly PlacementRule[];
}

export const freezeMostPlain = "10m";
