import type { UsageReport } from "../../src/report/index.ts";

/** The usage of a job of which nothing was counted. */
export const uncounted: UsageReport = {
  source: "none",
  cpu_user_us: null,
  cpu_sys_us: null,
  memory_peak_bytes: null,
  swap_peak_bytes: null,
  io_read_bytes: null,
  io_write_bytes: null,
  nr_periods: null,
  nr_throttled: null,
  throttled_us: null,
  oom_kills: null,
  memory_max_hits: null,
  memory_high_hits: null,
  pids_peak: null,
  pids_max_hits: null,
  psi: { cpu: null, memory: null, io: null },
};
