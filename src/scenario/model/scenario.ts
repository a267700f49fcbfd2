import type { CgroupDef, Setup } from "./cgroup-def.ts";
import type { Checks } from "./checks.ts";
import type { Expectation } from "./expectation.ts";
import type { Op } from "./op.ts";
import type { Payload } from "./payload.ts";
import type { SchedulerSpec } from "./scheduler.ts";
import type { Duration, OneOf } from "./value-types.ts";
import type { WorkType } from "./work.ts";

/** How long a step lasts. */
export interface HoldSpecs {
  /** This part of the scenario's duration; above 0. */
  readonly frac: number;
  /** So long; 0s is allowed, for a step of ops only. */
  readonly fixed: Duration;
  /** The ops again and again, with this pause after each round, until the scenario's duration is over; above 0. */
  readonly loop: { readonly interval: Duration };
}

/**
 * How long a step lasts; full is a frac of 1. No hold goes beyond the scenario's duration, which counts for all steps
 * together: an overrun shortens later ones.
 */
export type HoldSpec = "full" | OneOf<HoldSpecs>;

/**
 * One step. Ops are done first, then the setup, then the hold; in a loop the setup first, once, then the ops in every
 * round. Groups, workers and payloads that a step makes end with it.
 */
export interface Step {
  /** Default none. */
  readonly setup?: Setup;
  /** Default none. */
  readonly ops?: readonly Op[];
  /** Default full. */
  readonly hold?: HoldSpec;
}

/** What lasts for the whole scenario: groups in this order, then ops, then payloads. */
export interface Backdrop {
  readonly cgroups?: readonly CgroupDef[];
  readonly ops?: readonly Op[];
  /** Names of payloads that run from the start, without further arguments and without a group of their own. */
  readonly payloads?: readonly string[];
}

/** What a host must have at least; on one that has less the scenario is skipped. */
export interface Needs {
  readonly cpus?: number;
  readonly llcs?: number;
  readonly numaNodes?: number;
  /** Hardware threads per core. */
  readonly threadsPerCore?: number;
  /** True: temporary files, those of workers too (TMPDIR), are on a disk of the host that runs it. Default false. */
  readonly tmpdirDisk?: boolean;
}

/** A choreography of groups, workers and payloads, and what must hold of it. */
export interface Scenario {
  /** Version of the format. */
  readonly version: 1;
  /** Plain name: files and reports are called by it. */
  readonly name: string;
  /** For people. */
  readonly about?: string;
  /** Budget of all holds together. Default 1s. */
  readonly duration?: Duration;
  /** Pause after groups were made, before the hold. Default 0s. */
  readonly settle?: Duration;
  /** Workers of a WorkSpec that says no number. Default 1. */
  readonly workersPerCgroup?: number;
  /** Kind of work for all groups that are `swappable`. Default none. */
  readonly workTypeOverride?: WorkType;
  readonly needs?: Needs;
  /** The scheduler under test: started before everything else, ended after it. Default: the kernel's own. */
  readonly scheduler?: SchedulerSpec;
  readonly payloads?: readonly Payload[];
  readonly backdrop?: Backdrop;
  /** At least one. */
  readonly steps: readonly Step[];
  readonly checks?: Checks;
  /** What else must hold: patterns over time, comparisons of steps, checks of one's own. Default none. */
  readonly expect?: readonly Expectation[];
}
