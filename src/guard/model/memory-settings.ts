/** How memory is protected beyond limits, from nothing to everything. */
export const memoryPolicies = ["none", "static", "high-only", "fallback", "two-stage"] as const;

/**
 * none: look and tell. static: memory.max in equal parts. high-only: memory.low for the best class. fallback: what the original
 * does without its kernel patch. two-stage: clamp lower classes to what they have, then freeze them.
 */
export type MemoryPolicy = (typeof memoryPolicies)[number];

/** Free memory below (or above) which something is done: a share of what there is, and at least so much. */
export interface Headroom {
  readonly percent: number;
  /** Counts up to three times the share, so that a small root is not below it for ever. */
  readonly leastBytes: number;
}

/** How memory is protected. */
export interface MemorySettings {
  readonly policy: MemoryPolicy;
  /** Decide and tell, write nothing. */
  readonly dryRun: boolean;
  /** Milliseconds between two looks when nothing wakes us before. */
  readonly tickMs: number;
  readonly clamp: Headroom;
  readonly freeze: Headroom;
  readonly kill: Headroom;
  /** All is taken back above it. */
  readonly release: Headroom;
  /** For how many milliseconds a peak of protected sessions counts as what they may want again; 0: none does. */
  readonly reserveWindowMs: number;
  /** Over how many milliseconds the stall of protected sessions is measured. */
  readonly stallWindowMs: number;
  readonly clampStallPercent: number;
  readonly freezeStallPercent: number;
  /** For how many milliseconds all must be well before anything is taken back; longer for who had to be clamped again soon. */
  readonly dwellMs: number;
  /** Milliseconds between letting one session go on and the next. */
  readonly thawGapMs: number;
  /** Milliseconds that a freeze may take (R22): a task that sleeps in reclaim is not stopped for up to two seconds. */
  readonly freezeWaitMs: number;
  /** Milliseconds after which a frozen session must go on for a while: its peers on the network do not wait for ever. */
  readonly freezeMostMs: number;
  /** cpu.weight of a clamped session (R25). */
  readonly clampedWeight: number;
  /** oom_score_adj of the lower classes, its negative that of the best; 0: left alone. */
  readonly oomBias: number;
  /** Milliseconds that a tool call waits at most for the memory that its hint says; 0: none waits (R27). */
  readonly admissionWaitMs: number;
  /** Milliseconds after which memory is taken back from an agent that does nothing, where there is swap; 0: never (R24). */
  readonly reclaimIdleMs: number;
  /** Into how many parts `static` divides; null: one for each session. */
  readonly staticParts: number | null;
}

const mebibyte = 1024 * 1024;

export const plainMemory: MemorySettings = {
  policy: "two-stage",
  dryRun: false,
  tickMs: 50,
  clamp: { percent: 12, leastBytes: 96 * mebibyte },
  freeze: { percent: 4, leastBytes: 32 * mebibyte },
  kill: { percent: 1, leastBytes: 0 },
  release: { percent: 20, leastBytes: 0 },
  reserveWindowMs: 30_000,
  stallWindowMs: 200,
  clampStallPercent: 10,
  freezeStallPercent: 20,
  dwellMs: 100,
  thawGapMs: 50,
  freezeWaitMs: 2500,
  freezeMostMs: 30_000,
  clampedWeight: 10,
  oomBias: 500,
  admissionWaitMs: 0,
  reclaimIdleMs: 0,
  staticParts: null,
};

/** The settings in bytes, for so much memory. */
export interface MemoryThresholds {
  readonly clampBytes: number;
  readonly freezeBytes: number;
  readonly killBytes: number;
  /** Above `clampBytes` by as much as the shares are apart, so that there is always a gap between doing and undoing. */
  readonly releaseBytes: number;
  /** Stalls of protected sessions count only below it: with more free than that it is their own limit that stalls them. */
  readonly attendBytes: number;
}

const mostOfLeast = 3;

const bytesOf = ({ percent, leastBytes }: Headroom, limitBytes: number): number => {
  const share = (limitBytes * percent) / 100;
  return Math.floor(Math.max(share, Math.min(leastBytes, share * mostOfLeast)));
};

export function memoryThresholds(
  { clamp, freeze, kill, release }: MemorySettings,
  limitBytes: number,
): MemoryThresholds {
  const clampBytes = bytesOf(clamp, limitBytes);
  const gap = ((release.percent - clamp.percent) / 100) * limitBytes;
  const releaseBytes = Math.floor(Math.max(bytesOf(release, limitBytes), clampBytes + gap));
  return {
    clampBytes,
    freezeBytes: bytesOf(freeze, limitBytes),
    killBytes: bytesOf(kill, limitBytes),
    releaseBytes,
    attendBytes: Math.floor(releaseBytes * 1.5),
  };
}
