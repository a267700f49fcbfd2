import type { RunWorld } from "../controller/index.ts";

const nsPerMs = 1e6;

/**
 * The controller's clocks. The wall clock is read once and goes on by the monotonic one: whoever sets it in the middle of a
 * run moves no start and no estimate.
 */
export function controllerClock(): RunWorld {
  const wallNs = BigInt(Math.round((performance.timeOrigin + performance.now()) * nsPerMs));
  const monotonicNs = process.hrtime.bigint();
  return {
    nowMs: () => performance.now(),
    wallNs: () => wallNs + (process.hrtime.bigint() - monotonicNs),
  };
}
