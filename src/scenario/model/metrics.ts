/**
 * What is sampled of a group. counter: only grows, and its rate says something; gauge: goes up and down. The unit is the
 * name's last part; counts have none.
 */
export const seriesMetrics = {
  cpu_total_us: "counter",
  cpu_user_us: "counter",
  cpu_sys_us: "counter",
  nr_periods: "counter",
  nr_throttled: "counter",
  throttled_us: "counter",
  memory_current_bytes: "gauge",
  memory_peak_bytes: "gauge",
  swap_current_bytes: "gauge",
  pids_current: "gauge",
  memory_high_hits: "counter",
  memory_max_hits: "counter",
  oom_kills: "counter",
  pids_max_hits: "counter",
  io_read_bytes: "counter",
  io_write_bytes: "counter",
  psi_cpu_some_us: "counter",
  psi_cpu_full_us: "counter",
  psi_memory_some_us: "counter",
  psi_memory_full_us: "counter",
  psi_io_some_us: "counter",
  psi_io_full_us: "counter",
  /** Of all workers in the group, since they began. */
  iterations: "counter",
  work_units: "counter",
} as const satisfies Readonly<Record<string, "counter" | "gauge">>;

/** Name of what is sampled of a group. */
export type SeriesMetric = keyof typeof seriesMetrics;

export const seriesMetricNames = Object.keys(seriesMetrics) as readonly SeriesMetric[];

/** What workers of a group did in a phase, beside what is sampled of the group. */
export const phaseWorkMetrics = ["iteration_rate", "work_rate", "p50_wake_latency_us", "p99_wake_latency_us"] as const;

/**
 * A figure of one group in one phase: of a counter its growth per second, of a gauge its mean; of workers iterations per
 * second, work units per CPU second, wake-up latencies in microseconds.
 */
export type PhaseMetric = SeriesMetric | (typeof phaseWorkMetrics)[number];

export const phaseMetricNames: readonly PhaseMetric[] = [...seriesMetricNames, ...phaseWorkMetrics];
