/**
 * When to put the memory of something idle aside: first its pages become the next to be reclaimed (cold), and once it has
 * stayed idle they are paged out, a part at each look; waking stops it at once. Pure.
 */
export interface CompactTuning {
  /** Between two looks. */
  readonly intervalMs: number;
  /** Share of one CPU up to which something counts as idle. */
  readonly idleShare: number;
  /** Idle for so long: its memory is advised cold. */
  readonly idleMs: number;
  /** Idle for so long after that: it is paged out. */
  readonly pageoutMs: number;
  /** Least time between two advices of each kind. */
  readonly coldEveryMs: number;
  readonly pageoutEveryMs: number;
  /** Less resident memory is left alone. */
  readonly leastBytes: number;
  /** Resident memory must have grown by so much since it was paged out last. */
  readonly leastGrowthBytes: number;
  /** How long the kernel may be busy paging out per look; a target that wakes waits for one call at most. */
  readonly budgetMs: number;
}

/** The values that are used where nothing else is said; throttles and sizes are those of Android's compaction. */
export const compactDefaults: CompactTuning = {
  intervalMs: 1000,
  idleShare: 0.02,
  idleMs: 10_000,
  pageoutMs: 10_000,
  coldEveryMs: 5000,
  pageoutEveryMs: 10_000,
  leastBytes: 12_000 * 1024,
  leastGrowthBytes: 8000 * 1024,
  budgetMs: 200,
};

export interface CompactLook {
  readonly atMs: number;
  /** Of one CPU, since the last look. */
  readonly cpuShare: number;
  readonly rssBytes: number;
}

/**
 * `awake` → `idle` → `cold` → `paging` → `compacted`; every one back to `awake` when it wakes.
 */
export type CompactPhase = "awake" | "idle" | "cold" | "paging" | "compacted";

export interface CompactState {
  readonly phase: CompactPhase;
  /** Since when it is idle, or cold. */
  readonly sinceMs: number;
  readonly coldMs: number | null;
  readonly pageoutMs: number | null;
  /** What was resident when it had been paged out. */
  readonly compactedBytes: number | null;
}

export const compactWaits = {
  awake: "it is not idle",
  idle: "it has not been idle for long enough",
  throttled: "it was advised a moment ago",
  small: "it has too little resident memory",
  nothing_new: "it has hardly grown since it was paged out",
  cold: "it is cold, and not for long enough",
  compacted: "it is paged out",
} as const;
export type CompactWait = keyof typeof compactWaits;

export type CompactDecision =
  | { readonly decision: "wait"; readonly why: CompactWait }
  | { readonly decision: "cold" }
  | { readonly decision: "pageout" }
  /** It had been put aside, or was about to be, and works again. */
  | { readonly decision: "wake" };

export interface Compacted {
  readonly state: CompactState;
  readonly decision: CompactDecision;
}

/** Before the first look. */
export const firstCompactState = (atMs: number): CompactState => ({
  phase: "awake",
  sinceMs: atMs,
  coldMs: null,
  pageoutMs: null,
  compactedBytes: null,
});

const wait = (state: CompactState, why: CompactWait): Compacted => ({ state, decision: { decision: "wait", why } });

const soonAfter = (lastMs: number | null, atMs: number, everyMs: number): boolean =>
  lastMs !== null && atMs - lastMs < everyMs;

function fromIdle(state: CompactState, { atMs, rssBytes }: CompactLook, tuning: CompactTuning): Compacted {
  if (atMs - state.sinceMs < tuning.idleMs) return wait(state, "idle");
  if (rssBytes < tuning.leastBytes) return wait(state, "small");
  if (state.compactedBytes !== null && rssBytes - state.compactedBytes < tuning.leastGrowthBytes)
    return wait(state, "nothing_new");
  if (soonAfter(state.coldMs, atMs, tuning.coldEveryMs)) return wait(state, "throttled");
  return { state: { ...state, phase: "cold", sinceMs: atMs, coldMs: atMs }, decision: { decision: "cold" } };
}

function fromCold(state: CompactState, { atMs }: CompactLook, tuning: CompactTuning): Compacted {
  if (atMs - state.sinceMs < tuning.pageoutMs) return wait(state, "cold");
  if (soonAfter(state.pageoutMs, atMs, tuning.pageoutEveryMs)) return wait(state, "throttled");
  return { state: { ...state, phase: "paging", sinceMs: atMs, pageoutMs: atMs }, decision: { decision: "pageout" } };
}

/** Decides one look. */
export function decideCompaction(state: CompactState, look: CompactLook, tuning: CompactTuning): Compacted {
  if (look.cpuShare > tuning.idleShare) {
    const awake = { ...state, phase: "awake" as const, sinceMs: look.atMs };
    const wasAside = state.phase !== "awake" && state.phase !== "idle";
    return wasAside ? { state: awake, decision: { decision: "wake" } } : wait(awake, "awake");
  }
  switch (state.phase) {
    case "awake":
      return wait({ ...state, phase: "idle", sinceMs: look.atMs }, "idle");
    case "idle":
      return fromIdle(state, look, tuning);
    case "cold":
      return fromCold(state, look, tuning);
    case "paging":
      return { state, decision: { decision: "pageout" } };
    case "compacted":
      return wait(state, "compacted");
  }
}

/** All of it has been paged out. */
export const finished = (state: CompactState, rssBytes: number): CompactState => ({
  ...state,
  phase: "compacted",
  compactedBytes: rssBytes,
});
