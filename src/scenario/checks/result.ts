/** What a detail is about. A failed check always has one; programs and broken scenarios are told apart by it. */
export const detailKinds = [
  "no_progress",
  "stuck",
  "unfair",
  "isolation",
  "benchmark",
  "migration",
  "page_locality",
  "cross_node_migration",
  "slow_tier",
  "monitor",
  "payload",
  "temporal",
  "claim",
  "worker_stuck",
  "scheduler_crashed",
  "scheduler_exited",
  "scheduler_died",
  "process_ended",
  "skip",
  "other",
] as const;
/** What a detail is about, as a word. */
export type DetailKind = (typeof detailKinds)[number];

/**
 * pass: it held. fail: it did not. inconclusive: it applied, and what was measured tells nothing (no iterations, no pages, no
 * samples). skip: it did not apply (no cpuset, one worker, a host that lacks something).
 */
export const outcomes = ["pass", "skip", "inconclusive", "fail"] as const;
/** What came of a check, or of a run. */
export type Outcome = (typeof outcomes)[number];

/** What a check was about; null where it was about all of them. */
export interface Where {
  readonly cgroup: string | null;
  /** Id of the WorkRecord. */
  readonly work: number | null;
  readonly pid: number | null;
  readonly cpu: number | null;
  readonly payload: string | null;
  /** Number of the phase; null: the whole run. */
  readonly phase: number | null;
  /** Milliseconds from the start of the scenario's clock. */
  readonly atMs: number | null;
}

export const everywhere: Where = {
  cgroup: null,
  work: null,
  pid: null,
  cpu: null,
  payload: null,
  phase: null,
  atMs: null,
};

/** A check without its name: what was found, against which limit, and what that means. */
export interface Finding {
  readonly outcome: Outcome;
  readonly kind: DetailKind;
  /** One line for people, with the figures. */
  readonly message: string;
  /** Null when there was nothing to find. */
  readonly found: number | string | null;
  /** As it was applied, after scaling. */
  readonly limit: number | string | null;
  readonly where: Where;
}

/** One check that was judged. */
export interface CheckResult extends Finding {
  /** As files spell it (`max_gap_ms`), or what a user-written check calls itself. */
  readonly check: string;
  /** True: it is told and does not decide anything. */
  readonly advisory: boolean;
}

/** The verdict over outcomes: fail before inconclusive before pass before skip; of none, pass. */
export function foldOutcomes(all: readonly Outcome[]): Outcome {
  if (all.includes("fail")) return "fail";
  if (all.includes("inconclusive")) return "inconclusive";
  return all.length > 0 && all.every((outcome) => outcome === "skip") ? "skip" : "pass";
}

/** Exit statuses of `corral scenario` by verdict. The engine's own failure is 125. */
export const verdictExitStatus = { pass: 0, skip: 0, fail: 1, inconclusive: 2 } as const satisfies Readonly<
  Record<Outcome, number>
>;
