import type { ExitInfo } from "./exit-info.ts";
import { exitFromWaitStatus } from "./exit-info.ts";
import { fdEvents, requireAddon } from "./native-addon.ts";
import { nativeCallError, nativeErrno } from "./native-error.ts";

type Outcome = "event" | "timeout";

function waitForEvent(pidfd: number, events: number, timeoutMs: number | null, signal: AbortSignal | null) {
  return new Promise<Outcome>((resolve, reject) => {
    signal?.throwIfAborted();
    const finish = (settle: () => void): void => {
      watcher.close();
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      settle();
    };
    const onAbort = (): void => finish(() => reject(signal?.reason));
    const watcher = requireAddon().watchFd(pidfd, events, (_events, status) => {
      if (status === 0) finish(() => resolve("event"));
      else finish(() => reject(nativeCallError("poll", { code: "EBADF", syscall: "poll" }, `pidfd ${pidfd}`)));
    });
    const timer = timeoutMs === null ? undefined : setTimeout(() => finish(() => resolve("timeout")), timeoutMs);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/**
 * Resolves when the process has ended; it need not be our child and may still be a zombie. One watch at a
 * time per pidfd. The pidfd stays the caller's.
 * @param signal ends the wait; the promise rejects with its reason.
 * @throws CorralError NATIVE_MISSING without the addon, NATIVE_CALL when the descriptor cannot be watched.
 */
export async function watchExit(pidfd: number, signal: AbortSignal | null = null): Promise<void> {
  await waitForEvent(pidfd, fdEvents.readable, null, signal);
}

function readExitStatus(pidfd: number): ExitInfo | "pending" | "unsupported" {
  try {
    const info = requireAddon().pidfdInfo(pidfd);
    if (info === null) return "unsupported";
    return info.exitStatus === null ? "pending" : exitFromWaitStatus(info.exitStatus);
  } catch (thrown) {
    if (nativeErrno(thrown) === "ESRCH") return "unsupported";
    throw thrown;
  }
}

/**
 * Exit status of an ended process that is not our child. The kernel tells it only after the real parent
 * has reaped the process (Linux 6.15), so this waits for that, `timeoutMs` at most. Null when it cannot be
 * learnt: not reaped in time, or an older kernel.
 * @throws CorralError NATIVE_MISSING without the addon.
 */
export async function exitStatusOf(pidfd: number, timeoutMs: number): Promise<ExitInfo | null> {
  const now = readExitStatus(pidfd);
  if (now === "unsupported") return null;
  if (now !== "pending") return now;
  // Only the hang-up is asked for: a zombie is readable all the time.
  await waitForEvent(pidfd, fdEvents.disconnect, timeoutMs, null);
  const later = readExitStatus(pidfd);
  return typeof later === "string" ? null : later;
}
