import { setImmediate } from "node:timers/promises";
import type { Pace } from "./load/open-loop.ts";

/** What a workload is given of time, and where others may come in. */
export interface Stage {
  readonly startMs: number;
  /** When its time is over. */
  readonly endMs: number;
  /** Whether its time is over, or it was told to end. */
  isOver(): boolean;
  /** Whether somebody waits for a safe point. */
  readonly isAwaited: boolean;
  /** Lets the event loop turn; returns at once when it turned less than a millisecond ago. */
  breathe(): Promise<void>;
  /** The workload may be interfered with here: does what was asked for meanwhile. */
  safePoint(): Promise<void>;
  /** Rests. Being asked for something wakes it, and all of the rest is a safe point. */
  rest(ms: number): Promise<void>;
  /** Waits until the next operation of an open loop is due; the same as `rest` meanwhile. */
  awaitDue(pace: Pace): Promise<void>;
}

export interface StageOptions {
  readonly durationMs: number;
  /** Aborted when the workload is to end early. */
  readonly stop: AbortSignal;
  /** What is done at safe points. */
  readonly atSafePoint: () => Promise<void>;
  readonly isAwaited: () => boolean;
  /** Called whenever the loop turns. */
  readonly onTurn: (nowMs: number) => void;
}

/** How long a loop holds the event loop. */
const turnMs = 1;

/** Makes a stage, and what wakes it out of a rest. */
export function openStage(options: StageOptions): { readonly stage: Stage; readonly wake: () => void } {
  const { stop, atSafePoint, isAwaited, onTurn } = options;
  const startMs = performance.now();
  const endMs = startMs + options.durationMs;
  let turnedMs = startMs;
  let wake = (): void => {};
  stop.addEventListener("abort", () => wake(), { once: true });

  const turned = (): void => {
    turnedMs = performance.now();
    onTurn(turnedMs);
  };

  async function safePoint(): Promise<void> {
    if (!isAwaited()) return;
    await atSafePoint();
    turned();
  }

  /** Sleeps until then, or until it is woken. */
  async function sleepUntil(untilMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, untilMs - performance.now()));
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    turned();
  }

  async function restUntil(untilMs: number): Promise<void> {
    const until = Math.min(untilMs, endMs);
    while (!stop.aborted && performance.now() < until) {
      await safePoint();
      // Asked for while it was done: not a moment of sleep in between.
      if (!isAwaited()) await sleepUntil(until);
    }
    await safePoint();
  }

  const stage: Stage = {
    startMs,
    endMs,
    isOver: () => stop.aborted || performance.now() >= endMs,
    get isAwaited() {
      return isAwaited();
    },
    async breathe() {
      if (performance.now() - turnedMs < turnMs) return;
      await setImmediate();
      turned();
    },
    safePoint,
    rest: (ms) => restUntil(performance.now() + ms),
    awaitDue(pace) {
      const nowMs = performance.now();
      return restUntil(nowMs + pace.waitMs(nowMs));
    },
  };
  return { stage, wake: () => wake() };
}
