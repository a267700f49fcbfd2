import { nativeErrno, setAffinity, setNice, setScheduling } from "../../kernel/index.ts";

/** Deadline scheduling of sched(7), nanoseconds. */
export interface DeadlineTimes {
  readonly runtimeNs: bigint;
  readonly deadlineNs: bigint;
  readonly periodNs: bigint;
}

/** What one worker gets before it is released; null: no call. */
export interface WorkerAttributes {
  /** A CPU list, `0-3`. */
  readonly affinity: string | null;
  /** −20 to 19. */
  readonly nice: number | null;
  /** Policy of sched(7), with a priority for fifo and rr (else 0), or times for deadline (else null). */
  readonly scheduling: {
    readonly policy: number;
    readonly priority: number;
    readonly deadline: DeadlineTimes | null;
  } | null;
}

/** Names of the errnos of what was refused; null for what was set or not asked for. */
export interface AttributeErrors {
  readonly affinity: string | null;
  readonly nice: string | null;
  readonly scheduling: string | null;
}

function attempt(set: () => void): string | null {
  try {
    set();
    return null;
  } catch (thrown) {
    const errno = nativeErrno(thrown);
    if (errno === null) throw thrown;
    return errno;
  }
}

/**
 * Sets a waiting worker's attributes from outside. A refusal is told and the rest is set all the same: the worker runs.
 * @throws CorralError NATIVE_MISSING without the addon, USAGE for text that is no CPU list
 */
export function applyAttributes(pid: number, attributes: WorkerAttributes): AttributeErrors {
  const { affinity, nice, scheduling } = attributes;
  return {
    affinity: affinity === null ? null : attempt(() => setAffinity(pid, affinity)),
    // Before a policy that has no nice value.
    nice: nice === null ? null : attempt(() => setNice(pid, nice)),
    scheduling:
      scheduling === null
        ? null
        : attempt(() =>
            setScheduling(pid, {
              policy: scheduling.policy,
              priority: scheduling.priority,
              resetOnFork: false,
              deadline: scheduling.deadline && { flags: 0, ...scheduling.deadline },
            }),
          ),
  };
}
