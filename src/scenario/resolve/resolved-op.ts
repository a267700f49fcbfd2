import type { Limits } from "../../cgroup/index.ts";
import type { AffinityIntent, CountedSince, EventCounter, GroupMetric, OpKind } from "../model/index.ts";
import type { ResolvedCpuset, ResolvedGroup } from "./resolved-group.ts";
import type { ResolvedPayloadRun } from "./resolved-payload.ts";
import type { ResolvedScheduler } from "./resolved-scheduler.ts";
import type { ResolvedAffinity, ResolvedWork } from "./resolved-work.ts";

/** A condition that a `wait` is for, defaults filled in. */
export type ResolvedCondition =
  /** A PSI trigger: for the group's `<resource>.pressure`, or /proc/pressure with null. Whole microseconds. */
  | {
      readonly kind: "pressure";
      readonly cgroup: string | null;
      readonly resource: "cpu" | "memory" | "io";
      readonly share: "some" | "full";
      readonly stallUs: number;
      /** 500 000 to 10 000 000. */
      readonly windowUs: number;
    }
  | {
      readonly kind: "events";
      readonly cgroup: string;
      readonly counter: EventCounter;
      readonly by: number;
      readonly since: CountedSince;
    }
  | {
      readonly kind: "state";
      readonly cgroup: string;
      readonly is: "frozen" | "thawed" | "populated" | "empty";
    }
  /** Exactly one of the bounds is not null. */
  | {
      readonly kind: "metric";
      readonly cgroup: string;
      readonly metric: GroupMetric;
      readonly atLeast: number | null;
      readonly atMost: number | null;
    };

interface OfGroup {
  readonly cgroup: string;
}

/** Details of each op that can be done. Groups and payloads that they name are there by then, unless a detail says so. */
export interface ResolvedOpDetails {
  readonly add_cgroup: { readonly group: ResolvedGroup };
  readonly add_cgroup_def: { readonly group: ResolvedGroup };
  /** `isKnown` false: there is no such group; a warning. */
  readonly remove_cgroup: OfGroup & { readonly isKnown: boolean };
  readonly set_cpuset: OfGroup & { readonly cpuset: ResolvedCpuset };
  readonly clear_cpuset: OfGroup;
  readonly swap_cpusets: { readonly a: string; readonly b: string };
  /** Keys that are absent are left alone. */
  readonly set_limits: OfGroup & { readonly limits: Limits };
  /** `cgroup` null: where Corral is. */
  readonly spawn: { readonly cgroup: string | null; readonly work: ResolvedWork };
  readonly stop_cgroup: OfGroup;
  readonly set_affinity: OfGroup & { readonly intent: AffinityIntent; readonly affinity: ResolvedAffinity };
  /** `from` `""`: workers that have no group. */
  readonly move_all_tasks: { readonly from: string; readonly to: string };
  readonly run_payload: { readonly run: ResolvedPayloadRun };
  /** `cgroup`: where the payload runs, also when the op did not say. `timeoutMs` null: as long as it takes. */
  readonly wait_payload: OfGroup & { readonly payload: string; readonly timeoutMs: number | null };
  readonly kill_payload: OfGroup & { readonly payload: string };
  readonly freeze_cgroup: OfGroup;
  readonly unfreeze_cgroup: OfGroup;
  readonly kill_cgroup: OfGroup;
  readonly reclaim: OfGroup & {
    readonly amount: { readonly bytes: number } | { readonly fraction: number };
    /** 0 to 200; null: the kernel's own. */
    readonly swappiness: number | null;
  };
  readonly wait: { readonly condition: ResolvedCondition; readonly timeoutMs: number };
  readonly capture_cgroup_procs: OfGroup & { readonly tag: string };
  readonly attach_scheduler: { readonly scheduler: ResolvedScheduler };
  readonly replace_scheduler: { readonly scheduler: ResolvedScheduler };
  /** Nothing more to say. */
  readonly detach_scheduler: unknown;
  /** The scenario's own scheduler. */
  readonly restart_scheduler: { readonly scheduler: ResolvedScheduler };
}

/** Kinds of ops that can be done: all but `unsupportedOps`. */
export type SupportedOpKind = keyof ResolvedOpDetails & OpKind;

/** One op, settled. */
export type ResolvedOp = {
  readonly [K in SupportedOpKind]: {
    readonly kind: K;
    /** Place in the list of ops, from 0. */
    readonly index: number;
  } & ResolvedOpDetails[K];
}[SupportedOpKind];
