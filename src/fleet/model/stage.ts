/** A part of a run that all agents go through in the same order. */
export interface RunStage {
  readonly name: string;
  /** Whether agents wait for each other before it; they always do before the first. */
  readonly barrier: boolean;
}

/** Of a run that has only one. */
export const onlyStage: RunStage = { name: "workload", barrier: true };
