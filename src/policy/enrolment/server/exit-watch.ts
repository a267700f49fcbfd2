import type { ProcessIdentity, UnixPeer } from "../../../kernel/index.ts";
import { loadAddon, nativeErrno, openProcess, requireAddon, watchExit } from "../../../kernel/index.ts";

function isAlive(pidfd: number): boolean {
  try {
    requireAddon().pidfdSendSignal(pidfd, 0);
    return true;
  } catch (thrown) {
    // EPERM: it lives, as somebody else.
    return nativeErrno(thrown) !== "ESRCH";
  }
}

/** What `/proc` says of a peer, null when its pid may be another process's by now. */
export function pinned<T>({ pid, pidfd }: UnixPeer, read: (pid: number) => T | null): T | null {
  if (pid === 0) return null;
  const found = read(pid);
  return pidfd === null || isAlive(pidfd) ? found : null;
}

/** Tells the end of one process, once, by its pidfd. */
export class ExitWatch {
  readonly #abort = new AbortController();
  readonly #ownPidfd: number | null;

  private constructor(pidfd: number, isOwn: boolean, onExit: () => void) {
    this.#ownPidfd = isOwn ? pidfd : null;
    watchExit(pidfd, this.#abort.signal).then(onExit, () => {});
  }

  /** @param pidfd of the process, which stays the caller's; null: one is opened. Null when it has ended already. */
  static of(identity: ProcessIdentity, pidfd: number | null, onExit: () => void): ExitWatch | null {
    const opened = pidfd ?? openProcess(identity);
    return opened === null ? null : new ExitWatch(opened, pidfd === null, onExit);
  }

  /** Idempotent; nothing is told afterwards. */
  close(): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    if (this.#ownPidfd !== null) loadAddon()?.close(this.#ownPidfd);
  }
}
