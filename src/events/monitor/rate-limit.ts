const secondNs = 1_000_000_000n;

/** How many of something one process may do in a second of the events' clock. */
export interface Allowance {
  sinceNs: bigint;
  used: number;
}

export const newAllowance = (): Allowance => ({ sinceNs: 0n, used: 0 });

/** Whether one more is allowed, which is then used up. @param perSec 0: always */
export function allow(allowance: Allowance, perSec: number, timeNs: bigint): boolean {
  if (perSec === 0) return true;
  if (timeNs - allowance.sinceNs >= secondNs) {
    allowance.sinceNs = timeNs;
    allowance.used = 0;
  }
  if (allowance.used >= perSec) return false;
  allowance.used += 1;
  return true;
}

/** Nothing was used in the last second, so that a new allowance would be as good. */
export const isIdle = ({ sinceNs, used }: Allowance, timeNs: bigint): boolean =>
  used === 0 || timeNs - sinceNs >= secondNs;
