import type { AffinityIntent, MemPolicy, MemPolicyFlag, SchedPolicy } from "./placement.ts";
import type { Duration, ModuleReference, OneOf } from "./value-types.ts";
import type { GivenParameters, PhaseKind, WorkLatencies, WorkTypeName } from "./work-types/index.ts";

/** Kinds of work that need no parameter: by name alone they have their defaults. */
export type PlainWork = Exclude<WorkTypeName, "Sequence" | "Custom" | "CgroupAttachStorm">;

/** One phase of `Sequence`: `{ spin: "10ms" }`. */
export type WorkPhase = OneOf<Readonly<Record<PhaseKind, Duration>>>;

/** A worker that a module does: each worker calls its function with a `CustomContext`. */
export interface CustomWork extends ModuleReference {
  /** What the report calls it. Default: the export's name. */
  readonly name?: string;
  /** Anything that JSON can hold. Default: nothing. */
  readonly config?: unknown;
  /** What its latencies are. Default none: it tells none. */
  readonly samples?: WorkLatencies;
}

type ParameterWork = {
  readonly [K in Exclude<WorkTypeName, "Sequence" | "Custom">]: GivenParameters<K>;
};

/** A kind of work by its parameters; those left out have their defaults (the table `workTypes`). */
export type WorkType =
  | PlainWork
  | OneOf<ParameterWork & { readonly Sequence: readonly WorkPhase[]; readonly Custom: CustomWork }>;

/** Workers of one kind in one group. */
export interface WorkSpec {
  /** Default SpinWait. */
  readonly workType?: WorkType;
  /** Number of workers, at least 1. Default: the scenario's `workersPerCgroup`. Excludes `workersPerCpu`. */
  readonly workers?: number;
  /** Workers per CPU of the group's cpuset, rounded up; above 0, and above 1 for more workers than CPUs. */
  readonly workersPerCpu?: number;
  /** Default normal: no call. */
  readonly schedPolicy?: SchedPolicy;
  /** Default inherit: no call. */
  readonly affinity?: AffinityIntent;
  /** Default default: no call. */
  readonly memPolicy?: MemPolicy;
  /** Default none. */
  readonly mpolFlags?: readonly MemPolicyFlag[];
  /** −20 to 19. Default: the group's, else no call. Below the inherited one needs CAP_SYS_NICE. */
  readonly nice?: number;
  /** Name of the worker (PR_SET_NAME), 1 to 15 bytes. Default: the group's. */
  readonly comm?: string;
  /** Workers with the same `pcomm` in a group are threads of one process of this name, 1 to 15 bytes. */
  readonly pcomm?: string;
  /** User id the worker changes to. Default: the group's, else none. */
  readonly uid?: number;
  /** Group id the worker changes to. Default: the group's, else none. */
  readonly gid?: number;
  /** The worker keeps to the CPUs of this node, as far as they are the group's. Default: the group's, else none. */
  readonly numaNode?: number;
}
