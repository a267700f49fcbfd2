import { readlinkSync } from "node:fs";
import type { ChildHandle } from "./child-handle.ts";
import { signalName } from "./constants.ts";
import type { ExitInfo } from "./exit-info.ts";
import { exitFromWaitStatus, unknownExit } from "./exit-info.ts";
import type { NativeAddon } from "./native-addon.ts";
import { fdEvents, loadAddon } from "./native-addon.ts";
import { nativeErrno } from "./native-error.ts";
import type { ProcessIdentity } from "./procfs.ts";
import { isSameProcess, openProcess, readProcessStat } from "./procfs.ts";
import { exitStatusOf } from "./watch-exit.ts";

/** Who told how a process ended: wait4(2) of its parent, PIDFD_GET_INFO, its zombie's stat file, or an exit event. */
export type ExitSource = "wait" | "pidfd" | "zombie" | "event";

/** A process that somebody else started, watched as if it were a child. It is never reaped here. */
export interface ForeignProcess extends ChildHandle {
  /** Null while it runs and when nobody could tell how it ended. */
  readonly exitSource: ExitSource | null;
}

export interface ObserveOptions {
  /** Longest wait for the real parent to reap the process, after which the kernel can tell its status. */
  readonly reapTimeoutMs: number;
  /** Lifecycle events, for kernels that do not keep the status of a process; null: not asked for. */
  readonly events: ExitEvents | null;
}

/** Who hears of exits as they happen. */
export interface ExitEvents {
  /** The wait status that the exit event of the process told; null when none comes in time. */
  readonly status: () => Promise<number | null>;
  /** Nobody asks any more. Idempotent. */
  readonly close: () => void;
}

interface KnownExit {
  readonly exit: ExitInfo;
  readonly source: ExitSource | null;
}

/** Interval at which the process is looked for where there is no addon to wait by event. */
const pollMs = 50;

/** The kernel shows a zombie's status only to who may trace it, and 0 to all others (fs/proc/array.c); this link obeys the same rule. */
function mayTrace(pid: number): boolean {
  try {
    readlinkSync(`/proc/${pid}/ns/user`);
    return true;
  } catch {
    return false;
  }
}

/** Status (`wait(2)`) of a zombie that its parent has not reaped yet; null when it is gone or not ours to see. */
export function zombieStatus(identity: ProcessIdentity): number | null {
  const stat = readProcessStat(identity.pid);
  if (stat === null || stat.startTicks !== identity.startTicks || stat.state !== "Z") return null;
  if (stat.exitCode !== null && stat.exitCode !== 0) return stat.exitCode;
  return mayTrace(identity.pid) && isSameProcess(identity) ? 0 : null;
}

const fromStatus = (status: number | null, source: ExitSource): KnownExit | null =>
  status === null ? null : { exit: exitFromWaitStatus(status), source };

/** Asks everyone who may know, in the order of how long they will know it. */
async function learnExit(identity: ProcessIdentity, pidfd: number | null, options: ObserveOptions): Promise<KnownExit> {
  const soon = fromStatus(zombieStatus(identity), "zombie");
  if (soon !== null) return soon;
  const told = options.events === null ? null : fromStatus(await options.events.status(), "event");
  if (told !== null) return told;
  const kept = pidfd === null ? null : await exitStatusOf(pidfd, options.reapTimeoutMs);
  return kept === null ? { exit: unknownExit, source: null } : { exit: kept, source: "pidfd" };
}

/** True while the process runs; a zombie whose other threads go on still does (proc_pid_stat(5)). */
function stillRuns(identity: ProcessIdentity): boolean {
  const stat = readProcessStat(identity.pid);
  return stat !== null && stat.startTicks === identity.startTicks && (stat.state !== "Z" || stat.numThreads > 1);
}

interface Watch {
  readonly ended: Promise<void>;
  readonly ref: () => void;
  readonly unref: () => void;
  /** Ends the watch; `ended` never settles. Idempotent. */
  readonly stop: () => void;
}

function watchDescriptor(addon: NativeAddon, pidfd: number): Watch {
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const watcher = addon.watchFd(pidfd, fdEvents.readable, () => {
    watcher.close();
    end();
  });
  return { ended, ref: () => watcher.ref(), unref: () => watcher.unref(), stop: () => watcher.close() };
}

function watchByPolling(identity: ProcessIdentity): Watch {
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const timer = setInterval(() => {
    if (stillRuns(identity)) return;
    clearInterval(timer);
    end();
  }, pollMs);
  return { ended, ref: () => timer.ref(), unref: () => timer.unref(), stop: () => clearInterval(timer) };
}

function killByPid(identity: ProcessIdentity, signal: number): boolean {
  if (!stillRuns(identity)) return false;
  process.kill(identity.pid, signalName(signal) ?? signal);
  return true;
}

function killByDescriptor(addon: NativeAddon, pidfd: number, signal: number): boolean {
  try {
    addon.pidfdSendSignal(pidfd, signal);
    return true;
  } catch (thrown) {
    if (nativeErrno(thrown) === "ESRCH") return false;
    throw thrown;
  }
}

/**
 * Watches a process that is not our child: its end is seen by pidfd (by polling, every 50 ms, without the addon), and
 * its status is learnt from whoever can tell. Null when it has ended already.
 * @throws CorralError NATIVE_CALL when pidfd_open(2) is refused
 */
export function observeProcess(identity: ProcessIdentity, options: ObserveOptions): ForeignProcess | null {
  const addon = loadAddon();
  const pidfd = addon === null ? null : openProcess(identity);
  if (addon === null ? !stillRuns(identity) : pidfd === null) {
    options.events?.close();
    return null;
  }
  const watch = addon !== null && pidfd !== null ? watchDescriptor(addon, pidfd) : watchByPolling(identity);
  let open = true;
  let ended = false;
  let source: ExitSource | null = null;
  const close = (): void => {
    if (open && addon !== null && pidfd !== null) addon.close(pidfd);
    open = false;
    options.events?.close();
  };
  const exit = watch.ended.then(async () => {
    ended = true;
    const known = await learnExit(identity, pidfd, options);
    source = known.source;
    close();
    return known.exit;
  });
  return {
    pid: identity.pid,
    get pidfd() {
      return open ? pidfd : null;
    },
    get exitSource() {
      return source;
    },
    exit,
    onEnd: (tell) => void exit.then(() => tell(true)),
    kill(signal) {
      if (!open) return false;
      return addon !== null && pidfd !== null ? killByDescriptor(addon, pidfd, signal) : killByPid(identity, signal);
    },
    ref: watch.ref,
    unref: watch.unref,
    release() {
      // What is being learnt of its end still needs the descriptor.
      if (ended) return;
      watch.stop();
      close();
    },
  };
}
