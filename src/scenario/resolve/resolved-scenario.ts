import type { Checks, Expectation, HoldSpec, Needs } from "../model/index.ts";
import type { Topology } from "../topology/index.ts";
import type { ResolvedGroup, ScenarioController } from "./resolved-group.ts";
import type { ResolvedOp } from "./resolved-op.ts";
import type { ResolvedPayload, ResolvedPayloadRun } from "./resolved-payload.ts";
import type { ResolvedScheduler } from "./resolved-scheduler.ts";

/** How long a step lasts. Times are milliseconds and may be fractions. */
export type ResolvedHold =
  /** `wantedMs` as asked for; `plannedMs` what is left of it before the step's deadline if nothing else takes time. */
  | { readonly kind: "once"; readonly spec: HoldSpec; readonly wantedMs: number; readonly plannedMs: number }
  /** Rounds of ops, each followed by a pause of min(interval, time left), until the deadline. */
  | { readonly kind: "loop"; readonly spec: HoldSpec; readonly intervalMs: number; readonly plannedMs: number };

/** One step, settled. once: ops, setup, settle, hold. loop: setup, settle, then ops and pause by turns. */
export interface ResolvedStep {
  /** From 0. */
  readonly index: number;
  /** Number of its phase: index + 1, at most 65535. */
  readonly phase: number;
  /** `Step[0]`. */
  readonly label: string;
  readonly ops: readonly ResolvedOp[];
  /** Groups of its setup, in order. */
  readonly setup: readonly ResolvedGroup[];
  /** Pause after the groups of the setup were made; 0 when it makes none. */
  readonly settleMs: number;
  readonly hold: ResolvedHold;
  /** When it begins if nothing but settling and holds takes time; counted from the start of the scenario. */
  readonly startMs: number;
  /** No hold of it goes beyond; counted from the start of the scenario. The duration, and all settling until then. */
  readonly deadlineMs: number;
  /** Bit n: an op of the nth of `opKinds` is in it. 32 bits without sign. */
  readonly opMask: number;
}

/** What lasts for the whole scenario, settled: groups, ops, payloads, settle. Phase 0, `BASELINE`. */
export interface ResolvedBackdrop {
  readonly groups: readonly ResolvedGroup[];
  readonly ops: readonly ResolvedOp[];
  readonly payloads: readonly ResolvedPayloadRun[];
  /** Pause after them; 0 when there are no groups. */
  readonly settleMs: number;
}

/** Something that is allowed and looks like a mistake. */
export interface ScenarioWarning {
  /** For people: `step 0, op 1 (remove_cgroup)`. */
  readonly where: string;
  /** A sentence. */
  readonly message: string;
}

/** A scenario settled for one topology: everything is said, nothing is done yet. */
export interface ResolvedScenario {
  readonly name: string;
  /** Null: none. */
  readonly about: string | null;
  readonly topology: Topology;
  /** Budget of all holds together, milliseconds. */
  readonly durationMs: number;
  /** The least that must be at hand, in the order of `scenarioControllers`; others may be absent. */
  readonly controllers: readonly ScenarioController[];
  /** The scheduler under test; null: the kernel's own. */
  readonly scheduler: ResolvedScheduler | null;
  readonly payloads: readonly ResolvedPayload[];
  readonly backdrop: ResolvedBackdrop;
  /** At least one. */
  readonly steps: readonly ResolvedStep[];
  /** As written; null: none. */
  readonly checks: Checks | null;
  /** As written; groups and steps that they name exist. */
  readonly expect: readonly Expectation[];
  /** How long it lasts if nothing but settling and holds takes time, milliseconds. */
  readonly plannedMs: number;
  readonly warnings: readonly ScenarioWarning[];
}

/** What a host lacks of what the scenario needs. */
export interface UnmetNeed {
  readonly need: keyof Needs;
  readonly wanted: number;
  readonly found: number;
}
