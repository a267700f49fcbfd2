import type { ConstraintOutcome } from "./outcome.ts";
import type { SlaReason } from "./sla-reason.ts";

/** Why a workload ended, decided from kernel counters, never guessed from an exit code. */
export const exitReasons = [
  "success",
  "error",
  "signal",
  "timeout",
  "oom",
  "rlimit_cpu",
  "rlimit_fsize",
  "start_failed",
  "unknown",
] as const;
/** One of `exitReasons`. */
export type ExitReason = (typeof exitReasons)[number];

export const intents = ["production", "test", "experiment", "soak"] as const;
/** What a job is for, as whoever starts it says: echoed in its report. */
export type Intent = (typeof intents)[number];

/** One step in the life of a job. */
export interface JobEvent {
  readonly state: "starting" | "running" | "completed" | "failed" | "killed" | "detached";
  /** Wall clock, RFC 3339 with milliseconds. */
  readonly time: string;
  /** Seconds on the monotonic clock since the job began. */
  readonly at_sec: number;
  readonly message: string;
}

/** PSI totals over the life of the job. */
export interface PressureReport {
  readonly some_us: number;
  readonly full_us: number | null;
}

/** Resources used. A value is null where nothing on the host counts it. */
export interface UsageReport {
  /** Where the numbers come from: the job's group, or wait4(2) of the leader and what it waited for. */
  readonly source: "group" | "rusage" | "none";
  readonly cpu_user_us: number | null;
  readonly cpu_sys_us: number | null;
  readonly memory_peak_bytes: number | null;
  readonly swap_peak_bytes: number | null;
  readonly io_read_bytes: number | null;
  readonly io_write_bytes: number | null;
  readonly nr_periods: number | null;
  readonly nr_throttled: number | null;
  readonly throttled_us: number | null;
  readonly oom_kills: number | null;
  readonly memory_max_hits: number | null;
  readonly memory_high_hits: number | null;
  readonly pids_peak: number | null;
  readonly pids_max_hits: number | null;
  readonly psi: {
    readonly cpu: PressureReport | null;
    readonly memory: PressureReport | null;
    readonly io: PressureReport | null;
  };
}

/** Why a workload never ran. */
export interface StartError {
  readonly code: string;
  readonly message: string;
}

/** What attaching did with processes that Corral had not started. */
export interface AttachReport {
  /** Processes that limits or attributes were put on; those born in the group later are not counted. */
  readonly processes: number;
  /** Wall clock of the leader's own start, RFC 3339; null when it was gone before it could be read. */
  readonly process_start_time: string | null;
  /** Memory of the workload that was charged elsewhere before it was moved: no limit of this job covers it. Null where it was not moved. */
  readonly memory_elsewhere_bytes: number | null;
  /** True: limits and group were left as they are. */
  readonly limits_kept: boolean;
  /** What could not be undone, one line each. */
  readonly not_restored: readonly string[];
}

/** The report of one job, `corral.report/1`; schemas/report.schema.json is its JSON Schema. */
export interface RunReport {
  readonly schema: "corral.report/1";
  readonly job_id: string;
  readonly mode: "run" | "attach";
  readonly intent: Intent | null;
  readonly sla_eligible: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly uid: number;
  readonly host: string;
  readonly boot_id: string;
  readonly wrapper_pid: number;
  /** Leader of the workload; null when it never started. */
  readonly pid: number | null;
  /** Field 22 of /proc/PID/stat: with pid and boot_id, the identity of the leader. */
  readonly pid_start_ticks: number | null;
  /** Wall clock, RFC 3339. */
  readonly start_time: string;
  readonly end_time: string | null;
  /** Monotonic seconds from just before exec to exit; null while it runs. */
  readonly duration_sec: number | null;
  /** Same number under the name that older tools read. */
  readonly processing_seconds: number | null;
  /** Status of the workload: 0–255, null when killed by a signal or not known. */
  readonly exit_code: number | null;
  readonly exit_code_known: boolean;
  /** Who told it: wait4(2) of a child, PIDFD_GET_INFO, the zombie's stat file, an exit event; null when nobody did. */
  readonly exit_source: "wait" | "pidfd" | "zombie" | "event" | null;
  /** `SIGKILL` and so on, null unless a signal ended the leader. */
  readonly exit_signal: string | null;
  readonly core_dumped: boolean;
  readonly exit_reason: ExitReason;
  /** What Corral did to end it, if anything. */
  readonly ended_by_corral: "timeout" | "tied" | "abort" | "stop" | null;
  readonly start_error: StartError | null;
  /** True when Corral left before the end; the workload went on. */
  readonly detached: boolean;
  readonly platform_sla_compliant: boolean;
  /** Why; says by itself whether it is a violation. */
  readonly platform_sla_reason: SlaReason;
  /** Directory of the job's group per controller; `unified` is the v2 directory without controllers of a hybrid host. */
  readonly cgroups: Readonly<Record<string, string>>;
  /** `group` when limits stand on a control group, with who made it. */
  readonly scope: "none" | "cgroupfs" | "systemd";
  readonly constraints: readonly ConstraintOutcome[];
  readonly usage: UsageReport;
  readonly events: readonly JobEvent[];
  /** Null for a job that Corral started. */
  readonly attach: AttachReport | null;
  /** Pids still in the group when the leader had ended; null where there is no group to ask, and while the leader lives. */
  readonly survivors: readonly number[] | null;
  readonly warnings: readonly string[];
}
