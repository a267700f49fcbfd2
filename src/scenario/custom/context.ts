/** What the function of a `Custom` worker gets: one for every worker, in a process of its own. */
export interface CustomContext<Config = unknown> {
  /** What reports call the work. */
  readonly name: string;
  /** `config` of the scenario; null without one. */
  readonly config: Config;
  /** Place among the workers that were started together, from 0, and how many they are. */
  readonly index: number;
  readonly workers: number;
  /** Directory of the v2 group that it was started in; null: where Corral is. A move of the group's tasks does not change it. */
  readonly cgroup: string | null;
  /** CPUs that it may run on, and other processes of its group, both as they were when it was let go. */
  readonly cpus: readonly number[];
  readonly siblings: readonly number[];
  /** Aborted when it is to stop: for what waits. A function that does not return for 5 s then is killed. */
  readonly signal: AbortSignal;
  /** True when it is to stop: for loops that wait for nothing. Cheap enough for every turn. */
  readonly stopping: boolean;
  /** One iteration is done, which was so many units of work (default 1). The longest time between two is the worker's gap. */
  count(units?: number): void;
  /**
   * A latency in nanoseconds, of the kind that the scenario's `samples` names.
   * @throws Error when it names none, and for what is no duration
   */
  sample(ns: number): void;
  /** Something was refused and the work goes on: it is counted, and the last reason is told. */
  failed(reason: unknown): void;
}

/**
 * The function of a `Custom` worker: it owns the loop. When it returns, or what it returns settles, the worker has done its work and
 * reports; what it throws ends the worker, which has not completed then.
 */
export type CustomFunction<Config = unknown> = (context: CustomContext<Config>) => void | Promise<void>;
