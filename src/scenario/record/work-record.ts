import type { MemPolicy } from "../model/index.ts";
import type { WorkerReport } from "../workers/index.ts";
import type { Moment } from "./phase-record.ts";

/** CPUs that workers were told to keep to, from a moment on. */
export interface CpusetEpoch {
  readonly fromMs: Moment;
  /** Group they were in; `""` outside any. */
  readonly cgroup: string;
  /** CPUs of the cpuset in force, sorted; null: the group has none, so that nothing is expected. */
  readonly cpus: readonly number[] | null;
  /** Memory nodes of these CPUs, sorted; null as above. */
  readonly nodes: readonly number[] | null;
}

/** Nodes on which pages of workers are expected: those of their last cpuset; null without one. */
export const expectedNodes = ({ epochs }: Pick<WorkRecord, "epochs">): readonly number[] | null =>
  epochs.at(-1)?.nodes ?? null;

/** Workers of one WorkSpec (or of one process of threads): what is checked together. */
export interface WorkRecord {
  /** Unique in the run, in the order they were started, from 0. */
  readonly id: number;
  /** Group they were in at last; `""` outside any. A group that is gone keeps its name. */
  readonly cgroup: string;
  /** Step that started them, from 0; null: the backdrop. */
  readonly step: number | null;
  /** Place among the works of its group's definition, from 0; null: a spawn op. */
  readonly index: number | null;
  readonly workType: string;
  readonly memPolicy: MemPolicy | "default";
  readonly startedMs: Moment;
  /** When their reports had been collected. */
  readonly endedMs: Moment;
  /** True: the scenario itself killed them (kill_cgroup, or a teardown after an error), so that none had to stop by itself. */
  readonly killedByOp: boolean;
  /**
   * Every cpuset they had, oldest first, the first from their start on: one for each `WorkerSet.beginCpuset` and one before.
   * The reports tell the CPUs of the last eight (`cpusByCpuset`).
   */
  readonly epochs: readonly CpusetEpoch[];
  /** Errnos of attributes that could not be set, by pid; what the workers themselves could not do is in their reports. */
  readonly attributeErrors: readonly {
    readonly pid: number;
    readonly attribute: "affinity" | "nice" | "scheduling";
    readonly error: string;
  }[];
  /** One for every worker, also for those that died: `completed` tells. */
  readonly reports: readonly WorkerReport[];
}
