/**
 * cgroup/cpu: how groups share the CPUs. Two backends behind one interface: `fair`, the kernel's own scheduler, and `scx`,
 * Corral's own in BPF, which falls back to `fair` by itself. What may enter: groups by their directories, weights, budgets. What
 * it may not know: sessions, rules, output.
 */
export type { CpuAlert, CpuAlertKind, CpuBackend, CpuBackendName, CpuBoost } from "./backend.ts";
export type { CpuOptions } from "./open-backend.ts";
export { openCpuBackend } from "./open-backend.ts";
export { parseBoost } from "./parse-boost.ts";
export type {
  SchedulerCounters,
  SchedulerDocument,
  SchedulerGroup,
  SchedulerOptions,
  SchedulerSample,
  SchedulerStats,
} from "./scx/index.ts";
export {
  counterNames,
  defaultSchedulerOptions,
  groupNames,
  SchedulerIntervals,
  ScxBackend,
  schedulerLacks,
  toAlert,
  toStart,
} from "./scx/index.ts";
