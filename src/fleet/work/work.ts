import type { Assignment, FinalReport, RunStage, WorkReport } from "../model/index.ts";

/** How a workload ended. */
export interface WorkEnd {
  /** Null: it did what it should. */
  readonly why: string | null;
  /** What came of it, a JSON document. */
  readonly result: string;
  /** How long it took, and what was measured of it all. */
  readonly figures: Omit<FinalReport, keyof WorkReport>;
}

/** A workload that has begun. */
export interface BegunWork {
  /** When it really did, by CLOCK_MONOTONIC. */
  readonly atNs: bigint;
  /** When nothing of it is left. Never rejects. */
  readonly ended: Promise<WorkEnd>;
}

/** How far preparing is; a total of null is unknown. */
export type Progress = (done: bigint, total: bigint | null) => void;

/**
 * What an agent does in one run, judged and not begun. All that is long can be aborted, and has then left nothing running:
 * whatever runs does so in processes of its own.
 */
export interface Work {
  /** @throws Error that says why it cannot begin */
  prepare(signal: AbortSignal, progress: Progress): Promise<void>;
  /**
   * Makes everything ready, waits for the moment, and begins.
   * @param atNs CLOCK_MONOTONIC
   * @throws Error that says why it could not begin
   */
  begin(atNs: bigint, signal: AbortSignal): Promise<BegunWork>;
  /** Of the workload: its totals so far, and what it did since the last call. */
  report(): WorkReport;
  /** Takes away what preparing and running have left, once; also after an abort. Answers what it could not do; null: nothing. */
  cleanUp(): Promise<string | null>;
}

/** A part of a run's work, judged and not begun. */
export interface WorkStage extends RunStage {
  readonly work: Work;
}

/** Makes the work of an assignment: at least one stage. @throws CorralError CONFIG with what is wrong with it */
export type WorkMaker = (assignment: Assignment) => readonly WorkStage[];
