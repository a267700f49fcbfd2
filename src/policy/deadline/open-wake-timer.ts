import { loadAddon } from "../../kernel/index.ts";
import { KernelTimer } from "./kernel-timer.ts";
import { LoopTimer } from "./loop-timer.ts";
import type { WakeTimer } from "./wake-timer.ts";
import { monotonicClock } from "./wake-timer.ts";

/** The kernel's timer, exact to microseconds; without the addon the event loop's. */
export function openWakeTimer(onDue: () => void): WakeTimer {
  const addon = loadAddon();
  return addon === null ? new LoopTimer(monotonicClock, onDue) : new KernelTimer(addon, onDue);
}
