import type { Checks } from "../model/index.ts";

/** A scheduler, defaults filled in. */
export interface ResolvedScheduler {
  readonly name: string;
  /** Groups of the scenario that it has; null: the scenario's whole group. */
  readonly groups: readonly string[] | null;
  /** True: all ordinary tasks of the host. */
  readonly full: boolean;
  /** Microseconds, 100 to 1 000 000. */
  readonly sliceUs: number;
  readonly fifo: boolean;
  /** 0 < budget ≤ period, milliseconds. */
  readonly boosts: readonly { readonly cgroup: string; readonly budgetMs: number; readonly periodMs: number }[];
  /** 1000 to 30 000. */
  readonly watchdogMs: number;
  /** Null: none. */
  readonly checks: Checks | null;
}
