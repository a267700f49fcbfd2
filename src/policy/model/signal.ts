import type { ProcessIdentity } from "../../kernel/index.ts";

/** What a sample is about. `path` of a group: its directory below the mount of its hierarchy, starting with a slash. */
export type SampleSubject =
  | { readonly kind: "system" }
  | { readonly kind: "group"; readonly path: string }
  | { readonly kind: "process"; readonly identity: ProcessIdentity };

/**
 * What can be measured. `pressure_*`: microseconds of stall within the window that just ended, told by a PSI trigger (0
 * once a whole window passed without one). `memory_*_bytes`: of a group; `memory_high_bytes` is Infinity where there is no
 * limit. `events_*`: cumulative counters of `memory.events`. `cpu_us` (cumulative), `rss_bytes`: of a process or a group.
 */
export type Metric =
  | `pressure_${"cpu" | "memory" | "io"}_${"some" | "full"}`
  | "memory_current_bytes"
  | "memory_high_bytes"
  | `events_${"low" | "high" | "max" | "oom" | "oom_kill"}`
  | "cpu_us"
  | "rss_bytes";

/** One measured value. */
export interface Sample {
  readonly subject: SampleSubject;
  readonly metric: Metric;
  readonly value: number;
  /** CLOCK_MONOTONIC. */
  readonly atNs: bigint;
}

/** What somebody wants to be told. */
export interface SignalWant {
  readonly subject: SampleSubject;
  readonly metric: Metric;
  /** Of a pressure: how much stall within how long wakes us (psi.rst); null for the others. */
  readonly trigger: { readonly stallUs: number; readonly windowUs: number } | null;
  /**
   * Milliseconds between two looks, where the kernel has no event for it. Default of the source: 1000. A value that
   * moves is looked at up to four times as often.
   */
  readonly everyMs: number | null;
}

/** How a want is served, told to the user: by an event of the kernel or by looking. */
export interface SignalMeans {
  readonly mechanism: "psi trigger" | "inotify" | "polling";
  readonly reason: string;
}

/** Sources of samples. */
export interface SignalSources extends AsyncDisposable {
  /**
   * Samples flow to `onSample` until the watch is closed, or until what it is about is gone: then `onEnd` is called once
   * with the reason, and nothing comes after it. Neither is called before `watch` has returned.
   * @throws CorralError SIGNAL_UNAVAILABLE when this host cannot tell it at all
   */
  watch(want: SignalWant, onSample: (sample: Sample) => void, onEnd?: (reason: string) => void): SignalWatch;
}

export interface SignalWatch {
  readonly means: SignalMeans;
  close(): void;
}
