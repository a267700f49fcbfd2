import type { EndedProcess, Moment, OpRecord, RunFailure, StalledWorker } from "../record/index.ts";

/** Totals at one moment: the time and the counters are of the same look. */
export interface StepTotals {
  readonly atMs: Moment;
  readonly groups: number;
  /** Sets of workers, and workers in them. */
  readonly sets: number;
  readonly workers: number;
  /** Of all workers that live, since they began. */
  readonly iterations: number;
}

/** What a run tells while it goes on. Times are milliseconds from its start; steps count from 0. */
export type RunEvent =
  | { readonly kind: "scenario_start"; readonly name: string; readonly steps: number; readonly plannedMs: number }
  /** Everything of the step is set up; its hold begins. */
  | ({
      readonly kind: "step_start";
      readonly step: number;
      readonly label: string;
      readonly ops: number;
      readonly opMask: number;
      readonly holdMs: number;
      /** Before it was cut to what is left of the scenario's duration. */
      readonly wantedHoldMs: number;
    } & StepTotals)
  /** The hold was kept to its end. */
  | ({ readonly kind: "step_end"; readonly step: number } & StepTotals)
  /** Workload time goes on, and stands still while a step is taken down. */
  | { readonly kind: "resume" | "pause"; readonly step: number; readonly atMs: Moment }
  | ({ readonly kind: "op" } & { readonly op: OpRecord })
  | { readonly kind: "stalled"; readonly worker: StalledWorker }
  | { readonly kind: "ended"; readonly process: EndedProcess }
  | { readonly kind: "failure"; readonly failure: RunFailure }
  | { readonly kind: "warning"; readonly message: string }
  /** Totals of the last step that was kept to its end; without one, the time and 0. */
  | { readonly kind: "scenario_end"; readonly atMs: Moment; readonly iterations: number };
