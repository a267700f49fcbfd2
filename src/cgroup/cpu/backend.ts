/** `fair`: the kernel's own scheduler by cpu.weight; `scx`: Corral's own, through sched_ext. */
export type CpuBackendName = "fair" | "scx";

/**
 * Why `scx` is over. `died`: its loader was killed; `stalled`: the kernel's watchdog found a task that had waited too long, or the
 * loader gave no sign of life any more; `ended`: the kernel put it away for another reason, which it tells.
 */
export type CpuAlertKind = "died" | "stalled" | "ended";

/** Said once when `scx` ends without having been told to. The kernel's own scheduler has all tasks by then. */
export interface CpuAlert {
  readonly kind: CpuAlertKind;
  /** The kernel's words, or how the loader ended. */
  readonly reason: string;
  /** More of the kernel's words; empty when it had none. */
  readonly message: string;
  /** `enum scx_exit_kind`; null when the loader could not tell. */
  readonly exitKind: number | null;
  /** /sys/kernel/sched_ext/state: `disabled` when the kernel's own scheduler has taken over. */
  readonly state: string;
}

/** What tasks of a group may run ahead of their turn when they wake up: the first `budgetMs` of CPU time in each period. */
export interface CpuBoost {
  /** Milliseconds; 0 takes the boost away. */
  readonly budgetMs: number;
  /** Milliseconds. */
  readonly periodMs: number;
}

/**
 * Shares CPUs among groups, named by their directories. cpu.weight, cpu.max and cpu.idle of a group hold under both backends, whoever
 * wrote them: the kernel tells the loaded scheduler of every change.
 */
export interface CpuBackend extends AsyncDisposable {
  /** Which scheduler has the tasks now; `scx` becomes `fair` by itself when it ends. */
  readonly name: CpuBackendName;
  /**
   * Sets a group's share among its siblings, 1 to 10000 (cpu.weight), at once. Both backends go by it, so it stands when one follows
   * the other; what stood before is for the caller to know.
   * @throws CorralError CGROUP_IO
   */
  setWeight(group: string, weight: number): void;
  /**
   * Puts all tasks of a group and of the groups below it under this backend; their children follow them. To be called again for
   * tasks that were moved in. Returns how many threads were changed: with `fair` none.
   * @throws CorralError CGROUP_IO, NATIVE_CALL
   */
  adopt(group: string): number;
  /**
   * The reverse, for a group that is not to be under this backend any more: its threads, those below included, go to the kernel's own
   * scheduler. Also takes back what an earlier backend that was killed has left. Returns how many threads were changed.
   * @throws CorralError CGROUP_IO, NATIVE_CALL
   */
  release(group: string): number;
  /**
   * Lets tasks of a group run ahead of their turn within a budget.
   * @returns null when it holds, else why it does not: `fair` has nothing like it
   */
  boost(group: string, boost: CpuBoost): Promise<string | null>;
  /** Gives the tasks back to the kernel's own scheduler. Idempotent. */
  close(): Promise<void>;
}
