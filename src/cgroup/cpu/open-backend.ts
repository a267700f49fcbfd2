import type { CpuAlert, CpuBackend, CpuBackendName } from "./backend.ts";
import { FairBackend } from "./fair.ts";
import type { SchedulerOptions, SchedulerSample } from "./scx/index.ts";
import { defaultSchedulerOptions, ScxBackend } from "./scx/index.ts";

/** Which backend is wanted, and what `scx` is told. */
export interface CpuOptions {
  /** Default `fair`. */
  readonly backend?: CpuBackendName;
  readonly scheduler?: Partial<SchedulerOptions>;
  /** Told when `scx` has ended and `fair` has taken over. */
  readonly onAlert: (alert: CpuAlert) => void;
  /** What `scx` did so far, at each interval of its options. */
  readonly onSample?: (sample: SchedulerSample) => void;
}

/**
 * Opens a backend.
 * @throws CorralError SCHEDULER_UNAVAILABLE, NATIVE_MISSING when `scx` is wanted and cannot be had; `fair` never fails
 */
export async function openCpuBackend({ backend, scheduler, ...listener }: CpuOptions): Promise<CpuBackend> {
  if (backend !== "scx") return new FairBackend();
  return ScxBackend.open({ ...defaultSchedulerOptions, ...scheduler }, listener);
}
