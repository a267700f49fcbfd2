import type { MemorySettings } from "../model/index.ts";
import type { Decision, Stage } from "./decision.ts";
import type { FaultSettings } from "./fault-policy.ts";
import type { Place, TargetMode } from "./place.ts";
import type { WakeMeans } from "./wakes.ts";

/** What a protector is begun with. */
export interface ProtectorStart {
  /** Directory of the group that everything is in. */
  readonly root: string;
  readonly mountPoint: string;
  readonly settings: MemorySettings;
  readonly places: readonly Place[];
  readonly mode: TargetMode;
  /** Protects by memory.low or memory.min while there are page faults, as the original's hooks do; null: it does not. */
  readonly faults: FaultSettings | null;
}

/** What the thread is told. */
export type ToThread =
  | { readonly kind: "places"; readonly places: readonly Place[] }
  | { readonly kind: "settings"; readonly settings: MemorySettings }
  | { readonly kind: "close" };

/** A decision, and what became of it. */
export interface DoneDecision extends Decision {
  readonly policy: MemorySettings["policy"];
  /** CLOCK_MONOTONIC, when it was decided. */
  readonly decidedNs: bigint;
  readonly dryRun: boolean;
  /** What could not be written, and why. */
  readonly failed: readonly string[];
}

/** How things stand in the thread. */
export interface ProtectionStatus {
  readonly limitBytes: number;
  readonly headroomBytes: number;
  readonly boundBy: string;
  /** Who is protected now. */
  readonly protects: readonly string[];
  /** Places that are never touched: the guard is in them, or what started it. */
  readonly spared: readonly string[];
  readonly stages: readonly (readonly [domain: string, stage: Stage])[];
  readonly looks: number;
  /** Longest time that a tick came late. */
  readonly latestMs: number;
  readonly means: readonly WakeMeans[];
}

/** What the thread tells. */
export type FromThread =
  /** A tool call is about to be killed. */
  | { readonly kind: "kill"; readonly group: string }
  | { readonly kind: "decision"; readonly decision: DoneDecision }
  | { readonly kind: "status"; readonly status: ProtectionStatus }
  | { readonly kind: "closed"; readonly failed: readonly string[] };
