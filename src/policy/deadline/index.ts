/**
 * policy/deadline/: what is due when: a queue for a million pending deadlines, and the one timer that awaits the earliest. What may enter:
 * times. What it may not know: what is due.
 */
export type { DeadlineHandle } from "./deadline-queue.ts";
export { DeadlineQueue, noDeadline } from "./deadline-queue.ts";
export { openWakeTimer } from "./open-wake-timer.ts";
export type { Clock, WakeTimer } from "./wake-timer.ts";
export { monotonicClock } from "./wake-timer.ts";
