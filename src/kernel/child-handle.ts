import type { ExitInfo } from "./exit-info.ts";

/**
 * Where clone3 is called. It suspends its thread until the exec, which a group that rested for a while takes half a
 * millisecond to reach. `pool`: on a thread of libuv's pool, the event loop goes on; `blocking`: at once on this thread,
 * sooner done and for callers who have nothing else to do. Without the addon both are node:child_process.
 */
export type SpawnMode = "blocking" | "pool";

/** What to start. Strings must not hold NUL; they are passed as UTF-8, with bytes beyond it as in byte-text.ts. */
export interface SpawnRequest {
  /** Path of the program; no search of PATH. */
  readonly file: string;
  /** Arguments with `argv[0]`. */
  readonly argv: readonly string[];
  /** `NAME=value` entries: the whole environment. */
  readonly env: readonly string[];
  /** Working directory, null: ours. */
  readonly cwd: string | null;
  /**
   * `fds[i]` becomes descriptor `i` of the child; -1 leaves it closed. Others follow their close-on-exec flag. They
   * must stay open until the spawn has settled.
   */
  readonly fds: readonly number[];
  /** Directory of a v2 group to be born in; null: our own group. Needs the addon. */
  readonly cgroup: string | null;
  readonly mode: SpawnMode;
}

/** A child of ours. It is always reaped, awaited or not, and keeps the event loop alive until then. */
export interface ChildHandle {
  readonly pid: number;
  /** Owned by the handle; null once the child was reaped, and without the addon. */
  readonly pidfd: number | null;
  /** Settles when the child was reaped; never rejects. */
  readonly exit: Promise<ExitInfo>;
  /**
   * Calls once when the child has ended, before it is reaped: its pid, and the number of its process group, are nobody else's
   * then. `reaped` is true where that comes too late: without the addon, when it was reaped already, when no more descriptors
   * can be watched, and for a process that is not our child.
   */
  onEnd(tell: (reaped: boolean) => void): void;
  /**
   * Sends a signal. False when the child has already been reaped.
   * @throws CorralError NATIVE_CALL when it is refused (EPERM after a change of user, EINVAL).
   */
  kill(signal: number): boolean;
  /** Lets this process end although the child runs. */
  unref(): void;
  /** Undoes `unref`. */
  ref(): void;
  /** Nobody asks for it any more: as `unref`, and a process that is not our child is let go of, so that `exit` never settles. */
  release(): void;
}
