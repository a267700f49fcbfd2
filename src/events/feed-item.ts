import type { LossCause } from "./event-source.ts";
import type { SourceName } from "./lifecycle-event.ts";
import type { RefusedSource, UnmetWish } from "./open-source.ts";
import type { TraceEvent } from "./trace-event.ts";
import type { RunningProcess } from "./tree/index.ts";

/** A process that ran when the events began. All of them come before the first event. */
export interface RunningItem extends RunningProcess {
  readonly kind: "running";
  /** CLOCK_MONOTONIC of the look at /proc. */
  readonly timestampNs: bigint;
}

/** The path of a group, told before the first process in it. */
export interface GroupItem {
  readonly kind: "group";
  readonly id: bigint;
  /** As /proc/PID/cgroup has it (cgroups(7)), untrusted. */
  readonly path: string;
}

/** Most groups that are known at a time; one more, and all are told anew. Teller and reader count alike. */
export const groupsMost = 65_536;

/** Events that were lost since the last time this was told. */
export interface LossItem {
  readonly kind: "loss";
  readonly timestampNs: bigint;
  readonly lost: Readonly<Record<LossCause, number>>;
}

/** Nothing happened, but time went on. */
export interface TickItem {
  readonly kind: "tick";
  readonly timestampNs: bigint;
}

/** Everything that what is told of events depends on, in order: the same items make the same lines. */
export type FeedItem = TraceEvent | RunningItem | GroupItem | LossItem | TickItem;

/** Where a feed comes from, told once at its beginning. */
export interface FeedOrigin {
  readonly source: SourceName;
  /** Milliseconds between two looks at /proc; null for a source that the kernel wakes. */
  readonly pollIntervalMs: number | null;
  /** Better sources that could not be used, best first. */
  readonly refused: readonly RefusedSource[];
  readonly unmet: readonly UnmetWish[];
  /** Whether files opened and lines read were asked for. */
  readonly opens: boolean;
  readonly readline: boolean;
  /** Path of the group outside of which the source told nothing; null: it told all. */
  readonly cgroup: string | null;
  readonly host: string;
  readonly bootId: string;
  /** The same moment on three clocks: CLOCK_MONOTONIC, wall (RFC 3339), and clock ticks after boot, as start times count. */
  readonly startNs: bigint;
  readonly startTime: string;
  readonly startTicks: number;
}
