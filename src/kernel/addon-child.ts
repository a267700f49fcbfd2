import { toByteBlock, toByteString } from "./byte-text.ts";
import type { ChildHandle, SpawnRequest } from "./child-handle.ts";
import { signalNumbers } from "./constants.ts";
import type { ExitInfo } from "./exit-info.ts";
import { exitFromNative, exitFromWaitStatus, knownPeakRssBytes, readPeakRssBytes, unknownExit } from "./exit-info.ts";
import type { FdWatcher, NativeAddon, NativeChild } from "./native-addon.ts";
import { fdEvents } from "./native-addon.ts";
import { nativeErrno } from "./native-error.ts";
import { refuseNul } from "./refuse-nul.ts";

/** How often a child is asked for where no more descriptors can be watched. */
const askMs = 20;

/** A child of the addon, reaped when its pidfd tells of its end. */
class AddonProcess implements ChildHandle {
  readonly pid: number;
  readonly #addon: NativeAddon;
  readonly #pidfd: number;
  readonly #maxRssBytes: number;
  /** How it ended, as soon as that is known. */
  #ended: ExitInfo | null = null;
  /** Made when somebody asks for it, and not at every start. */
  #exit: Promise<ExitInfo> | null = null;
  #resolve: ((exit: ExitInfo) => void) | null = null;
  #floorBytes: number | null;
  #watcher: FdWatcher | null = null;
  /** Whether it keeps the event loop alive. */
  #held = true;
  #onEnd: ((reaped: boolean) => void) | null = null;

  constructor(addon: NativeAddon, { pid, pidfd, ownPeakRssBytes }: NativeChild) {
    this.pid = pid;
    this.#addon = addon;
    this.#pidfd = pidfd;
    this.#maxRssBytes = ownPeakRssBytes;
    this.#floorBytes = knownPeakRssBytes(ownPeakRssBytes);
  }

  get exit(): Promise<ExitInfo> {
    this.#exit ??= new Promise((resolve) => {
      if (this.#ended === null) this.#resolve = resolve;
      else resolve(this.#ended);
    });
    return this.#exit;
  }

  onEnd(tell: (reaped: boolean) => void): void {
    if (this.#ended === null) this.#onEnd = tell;
    else tell(true);
  }

  #tellEnd(reaped: boolean): void {
    const tell = this.#onEnd;
    this.#onEnd = null;
    tell?.(reaped);
  }

  /** @throws CorralError NATIVE_CALL when no more descriptors can be watched (epoll(7), max_user_watches) */
  watch(): void {
    // Readable once the whole process has ended (pidfd_open(2)).
    this.#watcher = this.#addon.watchFd(this.#pidfd, fdEvents.readable, () => {
      this.#tellEnd(false);
      this.#collect();
    });
    if (!this.#held) this.#watcher.unref();
  }

  /** What nobody waits for at the start: neither the caller of the spawn nor who waits for the exit is held up. */
  settleIn(): void {
    this.#floorBytes ??= readPeakRssBytes(this.#maxRssBytes);
    if (this.#watcher !== null) return;
    try {
      this.watch();
    } catch {
      this.#ask();
    }
  }

  get pidfd(): number | null {
    return this.#ended === null ? this.#pidfd : null;
  }

  kill(signal: number): boolean {
    if (this.#ended !== null) return false;
    try {
      this.#addon.pidfdSendSignal(this.#pidfd, signal);
      return true;
    } catch (thrown) {
      if (nativeErrno(thrown) === "ESRCH") return false;
      throw thrown;
    }
  }

  ref(): void {
    this.#held = true;
    this.#watcher?.ref();
  }

  unref(): void {
    this.#held = false;
    this.#watcher?.unref();
  }

  release(): void {
    this.unref();
  }

  #ask(): void {
    const timer = setTimeout(() => this.#collect() || this.#ask(), askMs);
    if (!this.#held) timer.unref();
  }

  /** Reaps the child; false while it runs. */
  #collect(): boolean {
    const exit = collect(this.#addon, this.#pidfd, this.#floorBytes ?? readPeakRssBytes(this.#maxRssBytes));
    if (exit === null) return false;
    this.#ended = exit;
    this.#watcher?.close();
    this.#addon.close(this.#pidfd);
    this.#tellEnd(true);
    this.#resolve?.(exit);
    return true;
  }
}

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

/** A child and our ends of the `pipeFds` it was given, which are the caller's. */
export interface AddonChild {
  readonly child: ChildHandle;
  readonly pipes: readonly number[];
  /** As NativeChild's. */
  readonly output: string | null;
}

/**
 * Spawns through clone3. `readMs` is that of `SpawnParameters`.
 * @throws CorralError START_FAILED for a text with a NUL; NATIVE_CALL
 */
export async function spawnWithAddon(addon: NativeAddon, request: SpawnRequest, readMs = 0): Promise<AddonChild> {
  const { file, argv, env, cwd, fds, cgroup, mode } = request;
  const spawn = mode === "pool" ? addon.spawnAsync : addon.spawn;
  let spawned: NativeChild;
  try {
    spawned = await spawn(
      toByteString(file),
      toByteBlock(argv),
      toByteBlock(env),
      cwd === null ? null : toByteString(cwd),
      fds,
      cgroup === null ? null : toByteString(cgroup),
      readMs,
    );
  } catch (thrown) {
    // The addon refuses them too, and cannot say which.
    refuseNul([file, cwd ?? "", ...argv, ...env]);
    throw thrown;
  }
  return adopt(addon, spawned, mode === "pool");
}

/** @param later watch it when the caller has been answered: the start is all that he waits for */
function adopt(addon: NativeAddon, spawned: NativeChild, later: boolean): AddonChild {
  const { pidfd, pipes, output } = spawned;
  try {
    const child = new AddonProcess(addon, spawned);
    if (later) {
      addon.claimChild(pidfd);
      // After the promises that wait for the start.
      process.nextTick(() => child.settleIn());
    } else {
      child.watch();
      // The child is at work meanwhile, and the first use of nextTick costs a cold start 0.2 ms.
      child.settleIn();
    }
    return { child, pipes, output };
  } catch (thrown) {
    // Unwatched it would become a zombie: it was not started.
    addon.pidfdSendSignal(pidfd, signalNumbers["SIGKILL"] ?? 9);
    while (addon.waitPidfd(pidfd) === null);
    for (const fd of [pidfd, ...pipes]) if (fd >= 0) addon.close(fd);
    throw thrown;
  }
}
