/**
 * How much memory to take back from a group in one interval, given how much its processes were stalled for want of memory
 * in the last: `current x ratio x max(0, 1 - stall / target)`, within bounds. Pure.
 */
export interface ReclaimTuning {
  readonly intervalMs: number;
  /** Share of the memory in use that is asked for in an interval without any stall. */
  readonly ratio: number;
  /** Share of an interval that some process may be stalled for want of memory. */
  readonly targetShare: number;
  /** Largest share of the memory in use that is ever asked for at once. */
  readonly mostShare: number;
  /** A group is never brought below this. */
  readonly leastBytes: number;
  /** Longest pause after stall above the target, in intervals; it doubles with every such interval. */
  readonly mostPause: number;
  /** Bytes per second that may go out to swap on disk; null: any. Memory that is swap (zram) wears nothing out. */
  readonly swapoutBytesPerSec: number | null;
  /** Share of the swap that stays free; below it only page cache is taken back. */
  readonly leastFreeSwapShare: number;
}

/** The values that are used where nothing else is said. */
export const reclaimDefaults: ReclaimTuning = {
  intervalMs: 6000,
  ratio: 0.0005,
  targetShare: 0.001,
  mostShare: 0.01,
  leastBytes: 100 * 2 ** 20,
  mostPause: 8,
  swapoutBytesPerSec: 2 ** 20,
  leastFreeSwapShare: 0.2,
};

/** What is known at the end of an interval. */
export interface ReclaimLook {
  readonly currentBytes: number;
  /** Share of the interval that some process was stalled. */
  readonly stallShare: number;
  /** Bytes per second that went out to swap in the interval. */
  readonly swapoutBytesPerSec: number;
  /** Of all swap, what is free; 0 without any. */
  readonly freeSwapShare: number;
  /** Swap that is compressed memory. */
  readonly swapInMemory: boolean;
}

export interface ReclaimState {
  /** Intervals that are still to be waited for. */
  readonly pause: number;
  /** Length of the last pause. */
  readonly penalty: number;
}

export const firstState: ReclaimState = { pause: 0, penalty: 0 };

/** Names of the reasons to take nothing. */
export const waitReasons = {
  above_target: "the processes were stalled for more than the target",
  backing_off: "waiting after stall above the target",
  small: "the group is as small as it may be",
  too_little: "less than a page would be taken",
} as const;
export type WaitReason = keyof typeof waitReasons;

/** Why only page cache is taken. */
export const cacheReasons = {
  no_swap: "there is no swap",
  swap_full: "the swap is nearly full",
  write_rate: "swap on disk was written to faster than it may be",
} as const;
export type CacheReason = keyof typeof cacheReasons;

export type ReclaimDecision =
  | { readonly decision: "wait"; readonly why: WaitReason }
  | { readonly decision: "reclaim"; readonly bytes: number; readonly cacheOnly: CacheReason | null };

const pageBytes = 4096;
const wait = (why: WaitReason): ReclaimDecision => ({ decision: "wait", why });

function whyCacheOnly(look: ReclaimLook, tuning: ReclaimTuning): CacheReason | null {
  if (look.freeSwapShare <= 0) return "no_swap";
  if (look.freeSwapShare < tuning.leastFreeSwapShare) return "swap_full";
  const { swapoutBytesPerSec: most } = tuning;
  return most !== null && !look.swapInMemory && look.swapoutBytesPerSec > most ? "write_rate" : null;
}

/** The bytes of the control law, in whole pages. */
export function lawBytes(look: Pick<ReclaimLook, "currentBytes" | "stallShare">, tuning: ReclaimTuning): number {
  const calm = Math.max(0, 1 - look.stallShare / tuning.targetShare);
  const wanted = look.currentBytes * Math.min(tuning.mostShare, tuning.ratio * calm);
  const spare = Math.max(0, look.currentBytes - tuning.leastBytes);
  return Math.floor(Math.min(wanted, spare) / pageBytes) * pageBytes;
}

/** Decides one interval. */
export function decideReclaim(
  state: ReclaimState,
  look: ReclaimLook,
  tuning: ReclaimTuning,
): { readonly state: ReclaimState; readonly decision: ReclaimDecision } {
  if (look.stallShare > tuning.targetShare) {
    const penalty = Math.min(tuning.mostPause, Math.max(1, state.penalty * 2));
    return { state: { pause: penalty, penalty }, decision: wait("above_target") };
  }
  if (state.pause > 0) return { state: { ...state, pause: state.pause - 1 }, decision: wait("backing_off") };
  if (look.currentBytes <= tuning.leastBytes) return { state: firstState, decision: wait("small") };
  const bytes = lawBytes(look, tuning);
  // One calm interval after a pause does not undo what was learnt; each halves it.
  const calmer = { pause: 0, penalty: Math.floor(state.penalty / 2) };
  if (bytes === 0) return { state: calmer, decision: wait("too_little") };
  return { state: calmer, decision: { decision: "reclaim", bytes, cacheOnly: whyCacheOnly(look, tuning) } };
}
