import type { Checks } from "./checks.ts";
import type { Duration } from "./value-types.ts";

/** Corral's own sched_ext scheduler, as `corral scheduler` starts it. */
export interface SchedulerSpec {
  /** What the report calls it. Default `corral`. */
  readonly name?: string;
  /** Groups of the scenario whose tasks it has. Default: the scenario's whole group. */
  readonly groups?: readonly string[];
  /** True: all ordinary tasks of the host. Default false. */
  readonly full?: boolean;
  /** Microseconds a task runs before others have their turn. Default 5000. */
  readonly sliceUs?: number;
  /** True: tasks of one group in the order they came. Default false. */
  readonly fifo?: boolean;
  /** Groups whose tasks run at once when they wake up: so much per period. */
  readonly boost?: readonly { readonly cgroup: string; readonly budget: Duration; readonly period: Duration }[];
  /** How long a task may wait before the kernel takes over, at most 30s. Default 30s. */
  readonly watchdog?: Duration;
  /** Checks of whatever runs under this scheduler; those of the scenario go before. */
  readonly checks?: Checks;
}
