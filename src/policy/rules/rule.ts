import type { Condition as MatchCondition } from "../../kernel/match/index.ts";
import type { Fits } from "../../report/index.ts";
import type { Action } from "../model/index.ts";
import type { Condition } from "./condition.ts";

/**
 * Whether a rule wants enrolled workloads. `required`: others are none of its business. `expected`: others are recorded as
 * not enrolled once it is due. `any`: it does not care.
 */
export type EnrolmentNeed = "required" | "expected" | "any";

/** Which processes a rule has. */
export interface Selection {
  /** All must hold. */
  readonly match: readonly MatchCondition[];
  /** None may hold, each of which holds when all its keys do. */
  readonly except: readonly (readonly MatchCondition[])[];
  /** One of its ancestors must fit all of these; null: whoever they are. */
  readonly ancestor: readonly MatchCondition[] | null;
  readonly enrolment: EnrolmentNeed;
  /** What the workload calls itself; null: anything. */
  readonly workload: { readonly written: string; readonly fits: Fits } | null;
  /** Tags that it must have enrolled with. */
  readonly tags: readonly { readonly key: string; readonly written: string; readonly fits: Fits }[];
  /** Least memory when the rule is due; 0: any. */
  readonly minRssBytes: number;
}

/** How often and how far apart an attempt that failed is made again; each pause is twice the one before. */
export interface Retry {
  /** Attempts in all. */
  readonly attempts: number;
  readonly initialNs: bigint;
  readonly maxNs: bigint;
}

/** What holds a rule back. */
export interface RuleLimits {
  readonly retry: Retry;
  /** Most actions of the rule under way at a time. */
  readonly inFlight: number;
  /** How long an attempt waits for its turn before it is suppressed; 0: not at all. */
  readonly maxWaitNs: bigint;
  /** A token bucket: `count` actions per `perNs` on average, `burst` at once; null: as many as there are. */
  readonly rate: { readonly count: number; readonly perNs: bigint; readonly burst: number } | null;
  /** Each deadline is put off by up to this, at random. */
  readonly jitterNs: bigint;
  /** Least time between two actions on the same process. */
  readonly cooldownNs: bigint;
  /** After so many failures in a row nothing is done for a while, then one is tried; null: never. */
  readonly breaker: { readonly failures: number; readonly pauseNs: bigint } | null;
  readonly dryRun: boolean;
}

/** How an effect is judged: memory gained some time after the action, less of which counts as none. */
export interface Verification {
  readonly afterNs: bigint;
  readonly minGainBytes: number;
}

/** One rule, resolved. Plain data but for the compiled patterns. */
export interface Rule {
  /** Unique in its file. */
  readonly name: string;
  /** Everything that was written, in one text: a rule whose text is the same is the same rule. */
  readonly text: string;
  readonly select: Selection;
  readonly when: Condition;
  readonly action: Action;
  /** An action on a group may touch processes in it that the rule did not select. */
  readonly othersInGroup: boolean;
  readonly ackTimeoutMs: number;
  readonly verify: Verification | null;
  readonly limits: RuleLimits;
  /**
   * `when_done`: each attempt is recorded once it has ended. `at_exit`: once the process has ended too, so that the record
   * tells its end.
   */
  readonly record: "when_done" | "at_exit";
  /** What runs when the policy starts is meant too, its deadlines counted from the start of the process. */
  readonly adopt: boolean;
}

/** What a rule does that does not say otherwise. */
export const limitDefaults: RuleLimits = {
  retry: { attempts: 1, initialNs: 1_000_000_000n, maxNs: 60_000_000_000n },
  inFlight: 4,
  maxWaitNs: 30_000_000_000n,
  rate: null,
  jitterNs: 0n,
  cooldownNs: 0n,
  breaker: null,
  dryRun: false,
};
