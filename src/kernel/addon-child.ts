import { toByteBlock, toByteString } from "./byte-text.ts";
import type { ChildHandle, SpawnRequest } from "./child-handle.ts";
import { signalNumbers } from "./constants.ts";
import type { ExitInfo } from "./exit-info.ts";
import { exitFromNative, exitFromWaitStatus, knownPeakRssBytes, readPeakRssBytes, unknownExit } from "./exit-info.ts";
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

function watchChild(addon: NativeAddon, { pid, pidfd, ownPeakRssBytes: maxRssBytes }: NativeChild): ChildHandle {
  const { promise, resolve } = deferred<ExitInfo>();
  let open = true;
  let floorBytes = knownPeakRssBytes(maxRssBytes);
  // While the child starts: neither the caller of the spawn nor who waits for the exit is held up.
  if (floorBytes === null)
    setImmediate(() => {
      floorBytes = readPeakRssBytes(maxRssBytes);
    });
  const watcher: FdWatcher = addon.watchFd(pidfd, fdEvents.readable, () => {
    const exit = collect(addon, pidfd, floorBytes ?? readPeakRssBytes(maxRssBytes));
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
    release: () => watcher.unref(),
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
  /** As NativeChild's. */
  readonly output: string | null;
}

/** Spawns through clone3. `readMs` is that of `SpawnParameters`. */
export async function spawnWithAddon(addon: NativeAddon, request: SpawnRequest, readMs = 0): Promise<AddonChild> {
  const { file, argv, env, cwd, fds, cgroup, mode } = request;
  const parameters = [
    toByteString(file),
    toByteBlock(argv),
    toByteBlock(env),
    cwd === null ? null : toByteString(cwd),
    fds,
    cgroup === null ? null : toByteString(cgroup),
    readMs,
  ] as const;
  const spawned = mode === "pool" ? await addon.spawnAsync(...parameters) : addon.spawn(...parameters);
  return adopt(addon, spawned);
}

function adopt(addon: NativeAddon, spawned: NativeChild): AddonChild {
  const { pidfd, pipes, output } = spawned;
  try {
    return { child: watchChild(addon, spawned), pipes, output };
  } catch (thrown) {
    // Unwatched it would become a zombie: it was not started.
    addon.pidfdSendSignal(pidfd, signalNumbers["SIGKILL"] ?? 9);
    while (addon.waitPidfd(pidfd) === null);
    for (const fd of [pidfd, ...pipes]) if (fd >= 0) addon.close(fd);
    throw thrown;
  }
}
