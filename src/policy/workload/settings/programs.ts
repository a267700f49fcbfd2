/** What a whole number of a flag may be. */
export interface NumberRule {
  readonly standard: number;
  readonly min: number;
  readonly max: number;
  readonly brief: string;
  /** Beyond this it needs `--unsafe-allow-long`. */
  readonly safeMax?: number;
}

const rule = (standard: number, min: number, max: number, brief: string): NumberRule => ({ standard, min, max, brief });

const regionMb = (standard: number, max: number): NumberRule => rule(standard, 1, max, "MiB of memory that are used");

/**
 * The workloads, under the names, flags, defaults and ranges of the original. `triggerable`: it has memory and can be asked to
 * compress it; `observe_only`: it makes processes.
 */
export const programs = {
  "anon-streamer": {
    workload: "anon_streamer",
    target: "triggerable",
    brief: "Walk through memory from end to end, rest, and walk again",
    numbers: {
      "region-mb": regionMb(512, 16_384),
      "idle-ms": rule(300, 1, 30_000, "milliseconds of rest after every second pass"),
    },
  },
  "interactive-burst": {
    workload: "interactive_burst",
    target: "triggerable",
    brief: "Use memory in bursts, as a program that people talk to",
    numbers: {
      "region-mb": regionMb(128, 8192),
      "active-ms": rule(100, 1, 10_000, "milliseconds of work"),
      "idle-ms": rule(400, 1, 30_000, "milliseconds of rest after it"),
      "arena-t-cold-ms": rule(2000, 100, 60_000, "with --arena-autoloops: unused for so long is cold"),
      "arena-prefetch-distance": rule(1, 0, 1024, "with --arena-autoloops: chunks ahead of a sequence"),
      "arena-prefetch-batch": rule(4, 1, 1024, "with --arena-autoloops: chunks fetched at once"),
    },
  },
  "random-touch-heap": {
    workload: "random_touch_heap",
    target: "triggerable",
    brief: "Touch pages of a heap at random, at a rate",
    numbers: {
      "region-mb": regionMb(512, 16_384),
      "ops-per-sec": rule(400_000, 1, 50_000_000, "touches per second"),
    },
  },
  "mmap-churn": {
    workload: "mmap_churn",
    target: "triggerable",
    brief: "Map memory, touch all of it and unmap it, at a rate",
    numbers: {
      "map-kb": rule(512, 4, 1_048_576, "KiB of each mapping"),
      "ops-per-sec": rule(500, 1, 100_000, "mappings per second"),
      "arena-region-mb": rule(128, 1, 16_384, "MiB in the arena, a page of it touched each time"),
    },
  },
  "fork-exit-storm": {
    workload: "fork_exit_storm",
    target: "observe_only",
    brief: "Make processes that end at once",
    numbers: { "fork-rate": rule(40, 1, 2000, "rounds of --workers processes a second") },
  },
  "fork-touch-exit": {
    workload: "fork_touch_exit",
    target: "observe_only",
    brief: "Make processes that touch memory and end",
    numbers: {
      "fork-rate": rule(20, 1, 1000, "rounds of --workers processes a second"),
      "touch-pages": rule(64, 1, 16_384, "pages that each touches"),
    },
  },
  "fork-exec-storm": {
    workload: "fork_exec_storm",
    target: "observe_only",
    brief: "Make processes that execute a program",
    numbers: { "fork-rate": rule(10, 1, 500, "rounds of --workers processes a second") },
  },
} as const satisfies Readonly<Record<string, Program>>;

interface Program {
  readonly workload: string;
  readonly target: "triggerable" | "observe_only";
  readonly brief: string;
  readonly numbers: Readonly<Record<string, NumberRule>>;
}

export type ProgramName = keyof typeof programs;
export type MemoryProgramName = "anon-streamer" | "interactive-burst" | "random-touch-heap" | "mmap-churn";
export type ForkProgramName = Exclude<ProgramName, MemoryProgramName>;

/** The numbers of one program's own flags. */
export type NumbersOf<P extends ProgramName> = Readonly<Record<keyof (typeof programs)[P]["numbers"], number>>;

/** Flags of every workload. */
export const commonNumbers = {
  "duration-sec": { ...rule(20, 1, 3600, "seconds it runs"), safeMax: 300 },
  workers: { ...rule(4, 1, 4096, "processes per round"), safeMax: 512 },
  seed: rule(12_345, 0, Number.MAX_SAFE_INTEGER, "of everything random; the same seed does the same"),
} as const satisfies Readonly<Record<string, NumberRule>>;

/** Flags of those that use memory. */
export const memoryNumbers = {
  "random-pct": rule(0, 0, 100, "percent of the pages hold random bytes instead"),
  "arena-cap-mb": rule(256, 8, 65_536, "MiB that compressed memory may take"),
  "arena-min-savings-pct": rule(5, 0, 95, "percent that a chunk must save to be kept compressed"),
} as const satisfies Readonly<Record<string, NumberRule>>;

export const isMemoryProgram = (name: ProgramName): name is MemoryProgramName =>
  programs[name].target === "triggerable";
export const programNames = Object.keys(programs) as readonly ProgramName[];
