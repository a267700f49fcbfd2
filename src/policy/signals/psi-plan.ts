/** When a PSI trigger fires: so much stall within so long (Documentation/accounting/psi.rst). */
export interface Threshold {
  readonly stallUs: number;
  readonly windowUs: number;
}

/** A threshold to try, and what it differs in from what was asked for. */
export interface TriggerAttempt extends Threshold {
  readonly adjusted: string | null;
}

const mostUs = 10_000_000;
/** Kernels before 6.5 take no shorter window. */
const oldLeastUs = 500_000;
/** Without CAP_SYS_RESOURCE the window is a multiple of this. */
const unprivilegedUs = 2_000_000;

/** The same share of stall in another window. */
function inWindow({ stallUs, windowUs }: Threshold, nextUs: number): Threshold {
  return { windowUs: nextUs, stallUs: Math.min(nextUs, Math.max(1, Math.round((stallUs * nextUs) / windowUs))) };
}

const seconds = (us: number): string => `${us / 1_000_000} s`;

/**
 * The thresholds to try, the one asked for first, each kept at the same share of stall: what kernel and privilege allow is
 * known only by trying.
 */
export function triggerAttempts(asked: Threshold): TriggerAttempt[] {
  const windowUs = Math.min(mostUs, Math.max(1, Math.round(asked.windowUs)));
  const bounded = inWindow(asked, windowUs);
  const attempts: TriggerAttempt[] = [
    {
      ...bounded,
      adjusted: windowUs === asked.windowUs ? null : `the window is ${seconds(windowUs)}, the longest there is`,
    },
  ];
  if (windowUs < oldLeastUs)
    attempts.push({
      ...inWindow(asked, oldLeastUs),
      adjusted: `the window is ${seconds(oldLeastUs)}, the shortest of this kernel`,
    });
  if (windowUs % unprivilegedUs !== 0) {
    const next = Math.ceil(windowUs / unprivilegedUs) * unprivilegedUs;
    attempts.push({
      ...inWindow(asked, next),
      adjusted: `the window is ${seconds(next)}, a multiple of 2 s as without CAP_SYS_RESOURCE`,
    });
  }
  return attempts;
}
