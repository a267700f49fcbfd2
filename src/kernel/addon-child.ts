import { toByteString } from "./byte-text.ts";
import type { ChildHandle, SpawnRequest } from "./child-handle.ts";
import { signalNumbers } from "./constants.ts";
import type { ExitInfo } from "./exit-info.ts";
import { exitFromNative, exitFromWaitStatus, ownPeakRssBytes, unknownExit } from "./exit-info.ts";
import type { FdWatcher, NativeAddon, NativeChild } from "./native-addon.ts";
import { fdEvents } from "./native-addon.ts";
import { nativeErrno } from "./native-error.ts";

function collect(addon: NativeAddon, pidfd: number, floorBytes: number): ExitInfo | null {
  try {
    const exit = addon.waitPidfd(pidfd);
    return exit === null ? null : exitFromNative(exit, floorBytes);
  } catch {
    // Somebody else in this process reaped it (a foreign waitpid(-1)); the kernel may still know.
    const status = addon.pidfdInfo(pidfd)?.exitStatus ?? null;
    return status === null ? unknownExit : exitFromWaitStatus(status);
  }
}

function watchChild(addon: NativeAddon, pid: number, pidfd: number): ChildHandle {
  const { promise, resolve } = deferred<ExitInfo>();
  let open = true;
  let floorBytes: number | null = null;
  // While the child starts: neither the caller of the spawn nor who waits for the exit is held up.
  setImmediate(() => {
    floorBytes = ownPeakRssBytes();
  });
  const watcher: FdWatcher = addon.watchFd(pidfd, fdEvents.readable, () => {
    const exit = collect(addon, pidfd, floorBytes ?? ownPeakRssBytes());
    if (exit === null) return;
    open = false;
    watcher.close();
    addon.close(pidfd);
    resolve(exit);
  });
  return {
    pid,
    get pidfd() {
      return open ? pidfd : null;
    },
    exit: promise,
    kill(signal) {
      if (!open) return false;
      try {
        addon.pidfdSendSignal(pidfd, signal);
        return true;
      } catch (thrown) {
        if (nativeErrno(thrown) === "ESRCH") return false;
        throw thrown;
      }
    },
    ref: () => watcher.ref(),
    unref: () => watcher.unref(),
  };
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** A child and our ends of the `pipeFds` it was given, which are the caller's. */
export interface AddonChild {
  readonly child: ChildHandle;
  readonly pipes: readonly number[];
}

/** Spawns through clone3. */
export async function spawnWithAddon(addon: NativeAddon, request: SpawnRequest): Promise<AddonChild> {
  const { file, argv, env, cwd, fds, cgroup, mode } = request;
  const parameters = [
    toByteString(file),
    argv.map(toByteString),
    env.map(toByteString),
    cwd === null ? null : toByteString(cwd),
    fds,
    cgroup === null ? null : toByteString(cgroup),
  ] as const;
  const spawned = mode === "pool" ? await addon.spawnAsync(...parameters) : addon.spawn(...parameters);
  return adopt(addon, spawned);
}

function adopt(addon: NativeAddon, { pid, pidfd, pipes }: NativeChild): AddonChild {
  try {
    return { child: watchChild(addon, pid, pidfd), pipes };
  } catch (thrown) {
    // Unwatched it would become a zombie: it was not started.
    addon.pidfdSendSignal(pidfd, signalNumbers["SIGKILL"] ?? 9);
    while (addon.waitPidfd(pidfd) === null);
    for (const fd of [pidfd, ...pipes]) addon.close(fd);
    throw thrown;
  }
}
