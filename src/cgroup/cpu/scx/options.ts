/** What the scheduler is told when it is loaded. */
export interface SchedulerOptions {
  /** How long a task runs before others have their turn, in microseconds; default 5000. Ends at ticks of the kernel. */
  readonly sliceUs: number;
  /** Tasks of one group run in the order they came, whatever their nice value; default false. */
  readonly fifo: boolean;
  /** All ordinary tasks of the host, not only those that were adopted; default false. */
  readonly full: boolean;
  /** Milliseconds between two samples; 0: none. Default 0. */
  readonly intervalMs: number;
  /** How long a task may wait before the kernel puts the scheduler away, in milliseconds, 30000 at most and by default. */
  readonly timeoutMs: number;
  /** Groups that have a share of their own, 4096 at most and by default; those beyond run as part of their parent. */
  readonly groups: number;
  /** To try the watchdog: what waits is never run. */
  readonly stall: boolean;
}

/** The defaults of `SchedulerOptions`. */
export const defaultSchedulerOptions: SchedulerOptions = {
  sliceUs: 5000,
  fifo: false,
  full: false,
  intervalMs: 0,
  timeoutMs: 30_000,
  groups: 4096,
  stall: false,
};

const digit = (flag: boolean): string => (flag ? "1" : "0");

/** The helper's arguments. */
export const schedulerArguments = (options: SchedulerOptions): readonly string[] => [
  "run",
  ...["--slice-us", String(options.sliceUs), "--fifo", digit(options.fifo), "--full", digit(options.full)],
  ...["--stall", digit(options.stall), "--nodes", String(options.groups)],
  ...["--timeout-ms", String(options.timeoutMs), "--interval-ms", String(options.intervalMs)],
];
