import type { LaunchRequest, LaunchResult } from "../../kernel/index.ts";
import { identityOf, ParsedStatus, readProcessStat, signalNumbers } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import { awaited } from "./awaited.ts";
import { ClientChild } from "./client-child.ts";
import type { JobHeld } from "./job-request.ts";

/**
 * A launch that a client does, as src/kernel/launch.ts does one: it is told what to launch, tells of the process that waits, is
 * let go on, and tells what became of the exec.
 */
export class ClientLaunch {
  readonly #clientPid: number;
  readonly #planned = awaited<LaunchRequest>();
  readonly #launched = awaited<LaunchResult>();
  #request: LaunchRequest | null = null;
  #child: ClientChild | null = null;

  constructor(clientPid: number) {
    this.#clientPid = clientPid;
    // A client may go when nobody waits for either any more.
    this.#planned.promise.catch(() => {});
    this.#launched.promise.catch(() => {});
  }

  /** Settles when the group stands and the client is to make the process. */
  get planned(): Promise<LaunchRequest> {
    return this.#planned.promise;
  }

  get child(): ClientChild | null {
    return this.#child;
  }

  readonly launch = (request: LaunchRequest): Promise<LaunchResult> => {
    this.#request = request;
    this.#planned.resolve(request);
    return this.#launched.promise;
  };

  /**
   * The process waits with its attributes, in its groups. Resolves when it may go on.
   * @returns false when it may not, and then it has been killed
   * @throws CorralError GUARD_DENIED for a process that is not the client's child
   */
  async held({ pid, status }: JobHeld): Promise<boolean> {
    const child = this.#take(pid);
    try {
      await this.#request?.beforeExec?.({ child, sets: new ParsedStatus(status).sets });
      return true;
    } catch (thrown) {
      child.kill(signalNumbers["SIGKILL"] ?? 9);
      child.neverRan();
      this.#launched.reject(thrown);
      return false;
    }
  }

  /** @throws CorralError GUARD_DENIED */
  #take(pid: number): ClientChild {
    const identity = readProcessStat(pid)?.ppid === this.#clientPid ? identityOf(pid) : null;
    if (identity === null || this.#request === null || this.#child !== null) {
      throw new CorralError("GUARD_DENIED", `process ${pid} is no child of the client that waits for its job`, {
        object: String(pid),
      });
    }
    this.#child = new ClientChild(identity);
    return this.#child;
  }

  /**
   * The command is executed, or the launcher has told why not, perhaps before it was to wait.
   * @throws CorralError GUARD_DENIED for a process that is not the client's child
   */
  started({ pid, status }: JobHeld): void {
    const { ready, sets, fail } = new ParsedStatus(status);
    const child = this.#child ?? this.#take(pid);
    if (fail !== null || !ready) child.neverRan();
    this.#launched.resolve({ child, ready, sets, fail, joinFallback: false, joinReason: null });
  }

  /** The client has gone: what has not begun never does, what may have is watched from here. */
  gone(): void {
    const error = new CorralError("START_FAILED", "the client went away before the workload could start");
    this.#planned.reject(error);
    if (this.#child === null) return this.#launched.reject(error);
    void this.#child.watch();
    this.#launched.resolve({
      child: this.#child,
      ready: true,
      sets: [],
      fail: null,
      joinFallback: false,
      joinReason: null,
    });
  }
}
