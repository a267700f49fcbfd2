import type { Intent } from "../../report/index.ts";
import type { DurationOption, LimitOptions, PresetName } from "../settings/index.ts";
import type { StdioOption } from "./stdio-options.ts";

/** What a started and an attached job have in common. Every option may be left out, or be undefined. */
export interface JobOptions {
  /** Limits and process attributes. Default: none. */
  readonly limits?: LimitOptions | undefined;
  /** A set of limits, which those of `limits` override (docs/run.md, Presets). Default: `"default"`, which is empty. */
  readonly preset?: PresetName | undefined;
  /** Refuse with STRICT_REFUSED unless every limit is `applied`. Default: false. */
  readonly strict?: boolean | undefined;
  /** Name of the job, 1 to 128 of `A-Z a-z 0-9 . _ : @ -`. Default: the program's name and eight random letters. */
  readonly jobId?: string | undefined;
  /** Echoed in the report. Default: none. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** Echoed in the report. Default: none. */
  readonly intent?: Intent | undefined;
  /** A limit that is not applied counts as a violation in the report. Default: false. */
  readonly slaEligible?: boolean | undefined;
  /** Existing parent of the job's group (docs/run.md, Placement). Default: CORRAL_CGROUP_PARENT, else found by itself. */
  readonly cgroupParent?: string | undefined;
  /** Who makes the group: Corral, systemd, or systemd only where Corral cannot. Default: `"auto"`. */
  readonly scope?: "auto" | "cgroupfs" | "systemd" | undefined;
  /**
   * Make a group even when no limit needs one, so that use is counted, and every process of the workload found. Default:
   * true for `run`; false for `attach`, where it moves the process.
   */
  readonly account?: boolean | undefined;
  /** Directory of records and results, an absolute path, as CORRAL_STATE_DIR. Default: by user and environment (docs/run.md, Files). */
  readonly stateDirectory?: string | undefined;
  /** Called with each warning, one line; the report has them too. Default: they are in the report only. */
  readonly onWarning?: ((line: string) => void) | undefined;
  /**
   * Aborted before the start: nothing runs or changes, and the promise rejects with ABORTED. Aborted later: a job of `run` is
   * ended as by `stop`, with `ended_by_corral` `"abort"`; one of `attach` is let go of as by `detach`. `result` resolves.
   */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `run`. Durations: a number of milliseconds, or a text with a unit (`"500ms"`, `"10s"`, `"5m"`, `"1h"`, `"1d"`). */
export interface RunOptions<S extends StdioOption = StdioOption> extends JobOptions {
  /** Variables to set, beside those of this process; undefined removes one. Default: none. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** False: `env` is the whole environment. Default: true. */
  readonly extendEnv?: boolean | undefined;
  /** Working directory. Default: this process's. */
  readonly workdir?: string | undefined;
  /** Run as this user, by name or uid, with his primary and supplementary groups; needs root. Default: this process's. */
  readonly user?: string | number | undefined;
  /** Run with this primary group, by name or gid; needs root. Default: the user's. */
  readonly group?: string | number | undefined;
  /** End the workload when it has run this long (`exit_reason` `timeout`), while this process lives. Default: never. */
  readonly timeout?: DurationOption | undefined;
  /** Time from TERM to KILL when the workload is ended. Default: 10 s. */
  readonly killAfter?: DurationOption | undefined;
  /**
   * `detach`: the workload outlives this process, however that ends. `tied`: it is ended when this process ends, even by
   * KILL. Default: `"detach"`.
   */
  readonly lifetime?: "detach" | "tied" | undefined;
  /**
   * `own`: the workload leads a process group of its own, which Ctrl-C at this process's terminal does not reach.
   * `shared`: it stays in this process's, as it must to read from the terminal. Default: `"own"`.
   */
  readonly processGroup?: "own" | "shared" | undefined;
  /**
   * Standard input, output and error. Pipes tie the workload to this process: when it ends, the workload finds them
   * closed. Default: nothing to read, and output that goes where this process's goes.
   */
  readonly stdio?: S | undefined;
}

/** Options of `attach`. */
export interface AttachOptions extends JobOptions {
  /** Adopt the descendants that live now; later ones always are. Default: true. */
  readonly tree?: boolean | undefined;
  /** Leave limits and group when the job is let go of; otherwise everything is undone. Default: false. */
  readonly keepLimits?: boolean | undefined;
  /** Move the process even out of a container's or a systemd unit's group. Default: false. */
  readonly forceMove?: boolean | undefined;
}

/** Options of `takeUp`. */
export type TakeUpOptions = Pick<JobOptions, "stateDirectory" | "onWarning" | "signal">;

/** Where the records of jobs are. */
export type LookOptions = Pick<JobOptions, "stateDirectory">;

/** Options of `listJobs`. */
export interface ListOptions extends LookOptions {
  /** How many ended jobs to list as well, the newest. Default: none. */
  readonly last?: number | undefined;
}

/** Options of `waitForJob`. */
export interface WaitOptions extends LookOptions, Pick<JobOptions, "onWarning"> {
  /** Ends the wait, and leaves the job as it is; the promise rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `Job.update`. */
export interface UpdateOptions {
  /** Change nothing unless every limit can be `applied`. Default: false. */
  readonly strict?: boolean | undefined;
}

/** Options of `Job.stop`. */
export interface StopOptions {
  /** Time from TERM to KILL; 0 kills at once. Default: the job's `killAfter`. */
  readonly grace?: DurationOption | undefined;
}
