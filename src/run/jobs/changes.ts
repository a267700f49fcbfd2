import { watch } from "node:fs";
import type { ProcessIdentity } from "../../kernel/index.ts";
import { loadAddon, openProcess, watchExit } from "../../kernel/index.ts";

/** What may announce that something has changed. */
export interface ChangeSources {
  /** Directories and control files, by inotify(7). */
  readonly paths: readonly string[];
  /** Processes whose end is awaited, by pidfd. */
  readonly processes: readonly ProcessIdentity[];
  /** Something awaited announces nothing (a cgroup v1 group), so that it is looked at again and again. */
  readonly silent: boolean;
}

export interface WaitLimits {
  /** Null: as long as it takes. */
  readonly timeoutMs: number | null;
  /** Ends the wait; the promise rejects with its reason. */
  readonly signal: AbortSignal | null;
}

/** How often is looked although nothing was announced: an inotify queue may overflow, and then says so to nobody. */
const reconcileMs = 1000;
/** The same where a source cannot announce anything: no addon, no watch left, a file that is not there. */
const pollMs = 50;
/** Longest delay that setTimeout takes. */
const longestMs = 2 ** 31 - 1;

type Close = () => void;

/** Announces every change of a directory or control file; null when it cannot be watched. */
function watchPath(path: string, changed: () => void): Close | null {
  try {
    const watcher = watch(path, changed);
    // A group that is removed ends its watch.
    watcher.on("error", changed);
    return () => watcher.close();
  } catch {
    return null;
  }
}

/** Announces the end of a process; null when there is no addon to wait with. */
function watchProcess(identity: ProcessIdentity, changed: () => void): Close | null {
  const addon = loadAddon();
  if (addon === null) return null;
  const pidfd = openProcess(identity);
  if (pidfd === null) return () => {};
  const over = new AbortController();
  void watchExit(pidfd, over.signal)
    .catch(() => {})
    .finally(() => {
      addon.close(pidfd);
      if (!over.signal.aborted) changed();
    });
  return () => over.abort(new Error("no longer watched"));
}

/**
 * Waits until `look` finds something, asked at once and after every announced change.
 * @returns what it found, null when the time was over first
 * @throws the signal's reason, and what `look` throws
 */
export function waitUntil<T>(look: () => T | null, sources: ChangeSources, limits: WaitLimits): Promise<T | null> {
  const { timeoutMs, signal } = limits;
  return new Promise((resolve, reject) => {
    const closers: Close[] = [];
    let over = false;
    const settle = (how: () => void): void => {
      if (over) return;
      over = true;
      for (const close of closers) close();
      how();
    };
    const check = (): void => {
      if (over) return;
      try {
        const found = look();
        if (found !== null) settle(() => resolve(found));
      } catch (thrown) {
        settle(() => reject(thrown));
      }
    };
    const watches = [
      ...sources.paths.map((path) => watchPath(path, check)),
      ...sources.processes.map((identity) => watchProcess(identity, check)),
    ];
    closers.push(...watches.flatMap((close) => close ?? []));
    const timer = setInterval(check, sources.silent || watches.includes(null) ? pollMs : reconcileMs);
    closers.push(() => clearInterval(timer));
    if (timeoutMs !== null) {
      const deadline = setTimeout(() => settle(() => resolve(null)), Math.min(timeoutMs, longestMs));
      closers.push(() => clearTimeout(deadline));
    }
    const aborted = (): void => settle(() => reject(signal?.reason));
    signal?.addEventListener("abort", aborted, { once: true });
    closers.push(() => signal?.removeEventListener("abort", aborted));
    if (signal?.aborted === true) aborted();
    else check();
  });
}
