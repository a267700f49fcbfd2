import type { ProcessIdentity } from "../kernel/index.ts";
import type { LifecycleEvent, ProcessOwner, SourceName } from "./lifecycle-event.ts";

/** What every event of what a process does tells. Only the bpf source has such events, and only when asked for. */
interface TraceBase extends ProcessOwner {
  readonly tgid: number;
  readonly identity: ProcessIdentity | null;
  /** Name of the thread that did it, at most 15 bytes, untrusted. */
  readonly comm: string;
  /** CLOCK_MONOTONIC when it was done. */
  readonly timestampNs: bigint;
  readonly source: SourceName;
}

/** A process asked for a file: open(2), openat(2), openat2(2) or creat(2), told when the call returned. */
export interface FileOpenEvent extends TraceBase {
  readonly kind: "open";
  /** As the process gave it, which may be relative; at most 255 bytes, untrusted. */
  readonly path: string;
  /** O_* bits of open(2). */
  readonly flags: number;
  /** The new descriptor, or a negative errno; null when the call was seen to begin but not to end. */
  readonly result: number | null;
}

/** A bash read a line from its terminal. */
export interface ReadlineEvent extends TraceBase {
  readonly kind: "readline";
  /** The line, untrusted. */
  readonly text: string;
  /** There is more of the line than the 255 bytes told. */
  readonly truncated: boolean;
}

export type TraceEvent = LifecycleEvent | FileOpenEvent | ReadlineEvent;
