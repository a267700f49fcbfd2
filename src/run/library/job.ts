import type { ProcessIdentity } from "../../kernel/index.ts";
import type { ConstraintOutcome, JobEvent, RunReport, UsageReport } from "../../report/index.ts";
import type { UpdateResult } from "../attach/index.ts";
import type { FreezeResult } from "../jobs/index.ts";
import type { LimitOptions } from "../settings/index.ts";
import type { StopOptions, UpdateOptions } from "./options.ts";
import type { OutputOf, StdinOf, StdioOption } from "./stdio-options.ts";

/**
 * A workload that this process governs: started by `run`, attached to by `attach`, or taken up by `takeUp`. It keeps the
 * event loop alive until it has ended (see `unref`).
 */
export interface Job<S extends StdioOption = StdioOption> extends AsyncDisposable {
  /** Name of the job, under which other Corrals find it too. */
  readonly jobId: string;
  /** The leader of the workload. */
  readonly pid: number;
  /**
   * Resolves with the immutable report when the leader has ended and the result is written, or when the job was let go of
   * (`detached` is true then). Never rejects: how a workload ended is no error of Corral.
   */
  readonly result: Promise<RunReport>;
  /**
   * What happens to the job, as it happens. Every reader gets every event from the first on, however late it comes; the
   * iteration ends with the job.
   */
  readonly events: AsyncIterable<JobEvent>;
  /** What became of every limit so far, later changes included. */
  readonly constraints: readonly ConstraintOutcome[];
  /** Standard input of the workload where it is a pipe, else null. That the workload has closed its end is not thrown. */
  readonly stdin: StdinOf<S>;
  /** Standard output of the workload where it is a pipe, else null. It ends when the last process that has it is gone. */
  readonly stdout: OutputOf<S, 1>;
  /** Standard error of the workload where it is a pipe, else null. */
  readonly stderr: OutputOf<S, 2>;
  /**
   * Sends a signal: to the whole process group where the workload has its own, else to the leader. Nothing happens when the
   * leader has ended.
   * @throws CorralError USAGE for a signal that does not exist
   */
  signal(name: NodeJS.Signals): void;
  /**
   * Ends the workload: TERM to every process of its group, after the grace KILL. The first call decides on the grace.
   * @returns the report, with `ended_by_corral` `"stop"`; that of a job that has ended already, as it is
   * @throws CorralError USAGE
   */
  stop(options?: StopOptions): Promise<RunReport>;
  /**
   * Changes limits and attributes of the living workload; limits that are not named stay.
   * @throws CorralError USAGE, JOB_ENDED, JOB_BUSY, JOB_NOT_FOUND when the job is not on record; STRICT_REFUSED with
   * everything as it was
   */
  update(limits: LimitOptions, options?: UpdateOptions): Promise<UpdateResult>;
  /**
   * Stops every process of the group, and resolves when the kernel says that they stand still.
   * @throws CorralError NO_GROUP, NOT_FROZEN, JOB_ENDED, JOB_BUSY, JOB_NOT_FOUND when the job is not on record
   */
  freeze(): Promise<FreezeResult>;
  /** Lets the processes of a frozen group go on. @throws CorralError as `freeze` */
  thaw(): Promise<FreezeResult>;
  /** What the workload has used so far, as the report has it: after its end as there, before it all null without a group. */
  usage(): UsageReport;
  /** The living processes of the workload: those of its group, without one the leader. */
  processes(): readonly ProcessIdentity[];
  /**
   * Lets go of the job. A workload of `run` goes on under its limits, and `takeUp` or `corral attach --job` can watch it
   * again; an attached process gets back what was changed, unless `keepLimits`.
   * @returns the report so far, which `result` resolves with too
   * @throws CorralError USAGE for a tied job
   */
  detach(): Promise<RunReport>;
  /** Lets this process end although the workload runs, which it goes on with (a tied one is then ended). Pipes included. */
  unref(): void;
  /** Undoes `unref`. */
  ref(): void;
  /** For `await using`: ends a tied job, and lets go of any other as `detach` does. */
  [Symbol.asyncDispose](): Promise<void>;
}
