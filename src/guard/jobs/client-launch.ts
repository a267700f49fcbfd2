import { setTimeout as delay } from "node:timers/promises";
import type { LaunchRequest, LaunchResult, ProcessIdentity, ReleasedLauncher } from "../../kernel/index.ts";
import { bootId, identityOf, ParsedStatus, readProcessStat, signalNumbers, taskFlags } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import type { RecordAhead } from "../../run/index.ts";
import { awaited } from "./awaited.ts";
import { ClientChild } from "./client-child.ts";
import type { JobHeld, JobStarted } from "./job-request.ts";

/** What a client is told to launch. */
export interface PlannedLaunch {
  readonly request: LaunchRequest;
  readonly ahead: RecordAhead | null;
}

/**
 * A launch that a client does, as src/kernel/launch.ts does one: it is told what to launch, tells of the process that waits, is
 * let go on, and tells what became of the exec. Where the record is known ahead the client writes it and does not ask.
 */
export class ClientLaunch {
  readonly #clientPid: number;
  readonly #planned = awaited<PlannedLaunch>();
  readonly #launched = awaited<LaunchResult>();
  #launch: PlannedLaunch | null = null;
  #child: ClientChild | null = null;

  constructor(clientPid: number) {
    this.#clientPid = clientPid;
    // A client may go when nobody waits for either any more.
    this.#planned.promise.catch(() => {});
    this.#launched.promise.catch(() => {});
  }

  /** Settles when the group stands and the client is to make the process. */
  get planned(): Promise<PlannedLaunch> {
    return this.#planned.promise;
  }

  get child(): ClientChild | null {
    return this.#child;
  }

  readonly launch = (request: LaunchRequest, ahead: RecordAhead | null): Promise<LaunchResult> => {
    this.#launch = { request, ahead };
    this.#planned.resolve(this.#launch);
    return this.#launched.promise;
  };

  /**
   * The process waits with its attributes, in its groups. Resolves when it may go on.
   * @returns false when it may not, and then it has been killed
   * @throws CorralError GUARD_DENIED for a process that is not the client's child
   */
  async held({ pid, status }: JobHeld): Promise<boolean> {
    const child = this.#take(this.#childOfClient(pid), pid);
    try {
      await this.#launch?.request.beforeExec?.({ child, sets: new ParsedStatus(status).sets });
      return true;
    } catch (thrown) {
      child.kill(signalNumbers["SIGKILL"] ?? 9);
      child.neverRan();
      this.#launched.reject(thrown);
      return false;
    }
  }

  /**
   * The command is executed, or the launcher has told why not, perhaps before it was to wait.
   * @throws CorralError GUARD_DENIED for a process that is not the client's child
   */
  async started({ pid, status, released }: JobStarted): Promise<void> {
    const { ready, sets, fail } = new ParsedStatus(status);
    // Whoever went on by itself may have ended by now: its parent says who it was, in the record too.
    const identity =
      released === null ? null : ({ bootId: bootId(), pid, startTicks: released.start_ticks } as ProcessIdentity);
    const child = this.#child ?? this.#take(identity ?? this.#childOfClient(pid), pid);
    if (fail !== null || !ready) child.neverRan();
    else if (identity !== null && released !== null)
      await this.#launch?.request.beforeExec?.({
        child,
        sets,
        released: { identity, releasedNs: BigInt(released.at_ns) },
      });
    this.#launched.resolve({ child, ready, sets, fail, beganNs: null, joinFallback: false, joinReason: null });
  }

  /** The client has gone: what has not begun never does, what may have is watched from here. */
  async gone(): Promise<void> {
    const error = new CorralError("START_FAILED", "the client went away before the workload could start");
    this.#planned.reject(error);
    const released = this.#child === null ? (this.#launch?.ahead?.read() ?? null) : null;
    if (released !== null) await this.#takeReleased(released);
    if (this.#child === null) return this.#launched.reject(error);
    void this.#child.watch();
    this.#launched.resolve({
      child: this.#child,
      ready: true,
      sets: [],
      fail: null,
      beganNs: null,
      joinFallback: false,
      joinReason: null,
    });
  }

  /** The client had put it on record, and has died before it let it go on, or after. */
  async #takeReleased(released: ReleasedLauncher): Promise<void> {
    const executed = await hasExecuted(released.identity);
    if (executed === false) return;
    const child = this.#take(released.identity, released.identity.pid);
    const seen: ReleasedLauncher = executed === null ? { ...released, executed: "unknown" } : released;
    await this.#launch?.request.beforeExec?.({ child, sets: [], released: seen });
  }

  #childOfClient(pid: number): ProcessIdentity | null {
    return readProcessStat(pid)?.ppid === this.#clientPid ? identityOf(pid) : null;
  }

  /** @throws CorralError GUARD_DENIED */
  #take(identity: ProcessIdentity | null, pid: number): ClientChild {
    if (identity === null || this.#launch === null || this.#child !== null) {
      throw new CorralError("GUARD_DENIED", `process ${pid} is no child of the client that waits for its job`, {
        object: String(pid),
      });
    }
    this.#child = new ClientChild(identity);
    return this.#child;
  }
}

/** Between looks at a launcher whose client has died: it ends at once, or is about to execute its command. */
const lookMs = 2;

/** Whether a launcher executes its command; false: it ends without; null: it is gone, and nobody has seen which. */
async function hasExecuted({ pid, startTicks }: ProcessIdentity): Promise<boolean | null> {
  for (;;) {
    const stat = readProcessStat(pid);
    if (stat === null || stat.startTicks !== startTicks) return null;
    if ((stat.flags & taskFlags.neverExecuted) === 0) return true;
    if ((stat.flags & taskFlags.exiting) !== 0) return false;
    await delay(lookMs);
  }
}
