import type {
  AffinityIntent,
  ModuleReference,
  PhaseKind,
  WorkLatencies,
  WorkParameters,
  WorkTypeName,
} from "../model/index.ts";

/**
 * Where workers may run, resolved against the CPUs that their group has at that point of the plan. After a swap of
 * cpusets in a loop these are others: the executor resolves `intent` again (`resolveAffinity`) with what the group has then.
 */
export type ResolvedAffinity =
  /** No sched_setaffinity(2). */
  | { readonly kind: "inherit" }
  /** The same CPUs for every worker; at least one. */
  | { readonly kind: "fixed"; readonly cpus: readonly number[] }
  /** For each worker `count` of `pool`, drawn anew (`drawCpus`); 1 ≤ count ≤ size of the pool. */
  | { readonly kind: "random"; readonly pool: readonly number[]; readonly count: number };

/** Scheduling of sched(7), as `applyAttributes` of workers/ takes it. */
export interface ResolvedScheduling {
  /** SCHED_* (kernel's `schedPolicies` and `deadlinePolicy`). */
  readonly policy: number;
  /** 1 to 99 for fifo and rr, else 0. */
  readonly priority: number;
  /** Null but for deadline. */
  readonly deadline: { readonly runtimeNs: bigint; readonly deadlineNs: bigint; readonly periodNs: bigint } | null;
}

/** What a kind of work needs beside its numbers. */
export type ResolvedResources =
  | { readonly kind: "none" }
  /** A directory, file or block device for IO; the executor chooses it. */
  | { readonly kind: "storage" }
  /** Texts as `WorkerPlan.resources` has them: numbers of nodes, or the CPUs of each node (`0-3`). */
  | { readonly kind: "texts"; readonly texts: readonly string[] }
  /** Groups of the scenario that exist by then, whose cgroup.procs files are needed. */
  | { readonly kind: "groups"; readonly groups: readonly string[] };

/** Workers of one WorkSpec, settled: with a directory for IO and paths of groups it is a `WorkerPlan` of workers/. */
export interface ResolvedWork {
  /** Place in the group's list; 0 for a spawn. */
  readonly index: number;
  readonly workType: WorkTypeName;
  /** All parameters of the type, defaults filled in. */
  readonly parameters: WorkParameters;
  /** Of `Sequence`, microseconds above 0; else empty. */
  readonly phases: readonly { readonly kind: PhaseKind; readonly us: number }[];
  /** Of `Custom`, with the name that reports use; else null. */
  readonly custom:
    | (Required<ModuleReference> & {
        readonly name: string;
        readonly config: unknown;
        readonly samples: WorkLatencies;
      })
    | null;
  /** At least 1 and a multiple of `groupSize`. */
  readonly workers: number;
  /**
   * Workers per CPU, when they were asked for so; null: by number. After a swap of cpusets in a loop the executor counts
   * again (`workersPerCpu`).
   */
  readonly perCpu: number | null;
  /** Workers that work together. */
  readonly groupSize: number;
  readonly resources: ResolvedResources;
  /** What was asked for. */
  readonly intent: AffinityIntent;
  readonly affinity: ResolvedAffinity;
  /** Null: no call. */
  readonly scheduling: ResolvedScheduling | null;
  /** For set_mempolicy(2): MPOL_* with its flags, and nodes. Null: no call. */
  readonly memoryPolicy: { readonly mode: number; readonly nodes: readonly number[] } | null;
  /** −20 to 19; null: no call. */
  readonly nice: number | null;
  /** 1 to 15 bytes; null: the worker program's own name. */
  readonly comm: string | null;
  /** Name of the process that they are threads of; null: each is a process. */
  readonly pcomm: string | null;
  readonly uid: number | null;
  readonly gid: number | null;
  /** The node whose CPUs `affinity` was narrowed to; null: none. */
  readonly numaNode: number | null;
}
