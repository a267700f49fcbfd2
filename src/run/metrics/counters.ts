import type { ConstraintStatus, ExitReason, SlaViolation } from "../../report/index.ts";
import { constraintStatuses, exitReasons, slaViolations } from "../../report/index.ts";
import type { JobMode, ResultFacts } from "./result-facts.ts";
import { jobModes } from "./result-facts.ts";

/** Upper bounds of the duration histogram in seconds, each included; one more bucket takes the rest. */
export const durationBoundsSec = [0.1, 1, 10, 60, 300, 900, 3600, 14_400, 86_400] as const;

const boundsUs = durationBoundsSec.map((bound) => BigInt(bound * 1e6));

/** How long jobs ran. */
export interface DurationHistogram {
  /** Jobs per bucket, not cumulative: as many as there are bounds, and the rest. */
  readonly buckets: readonly number[];
  readonly sumUs: bigint;
}

/** How often each status was the outcome of one limit. */
export type StatusCounts = Readonly<Record<ConstraintStatus, number>>;

/** The sums over a set of results; sums of times are whole microseconds, so that their order makes no difference. */
export interface JobCounters {
  readonly jobs: Readonly<Record<JobMode, Readonly<Record<ExitReason, number>>>>;
  /** Of jobs with `sla_eligible`. */
  readonly slaCompliant: number;
  /** Of jobs with `sla_eligible`, by reason. */
  readonly slaViolations: Readonly<Record<SlaViolation, number>>;
  /** Of jobs that ran and whose end was seen. */
  readonly durations: Readonly<Record<JobMode, DurationHistogram>>;
  readonly cpuUs: bigint;
  readonly throttledUs: bigint;
  readonly oomKills: bigint;
  /** By name of the limit; limits that nobody asked for are absent. */
  readonly constraints: ReadonlyMap<string, StatusCounts>;
}

const zeros = <const K extends string>(names: readonly K[]): Record<K, number> =>
  Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>;

const forModes = <T>(value: T): Record<JobMode, T> =>
  Object.fromEntries(jobModes.map((mode) => [mode, value])) as Record<JobMode, T>;

/** The counters of no results. */
export const noCounters: JobCounters = {
  jobs: forModes(zeros(exitReasons)),
  slaCompliant: 0,
  slaViolations: zeros(slaViolations),
  durations: forModes({ buckets: [...boundsUs, null].map(() => 0), sumUs: 0n }),
  cpuUs: 0n,
  throttledUs: 0n,
  oomKills: 0n,
  constraints: new Map(),
};

const add = <K extends string>(counts: Readonly<Record<K, number>>, key: K): Readonly<Record<K, number>> => ({
  ...counts,
  [key]: counts[key] + 1,
});

function addDuration({ buckets, sumUs }: DurationHistogram, durationUs: bigint): DurationHistogram {
  const found = boundsUs.findIndex((bound) => durationUs <= bound);
  const at = found === -1 ? boundsUs.length : found;
  return { buckets: buckets.with(at, (buckets[at] ?? 0) + 1), sumUs: sumUs + durationUs };
}

function addConstraints(known: JobCounters["constraints"], { constraints }: ResultFacts): JobCounters["constraints"] {
  if (constraints.length === 0) return known;
  const counts = new Map(known);
  for (const { name, status } of constraints)
    counts.set(name, add(counts.get(name) ?? zeros(constraintStatuses), status));
  return counts;
}

/** Only jobs that were promised something move the counters of the promise. */
function addVerdict(counters: JobCounters, facts: ResultFacts): Pick<JobCounters, "slaCompliant" | "slaViolations"> {
  const { slaCompliant, slaViolations: violations } = counters;
  const violation = violationOf(facts);
  if (violation !== null) return { slaCompliant, slaViolations: add(violations, violation) };
  return { slaCompliant: facts.slaEligible ? slaCompliant + 1 : slaCompliant, slaViolations: violations };
}

/** The broken promise of a job that was promised something; null when there is none. */
export function violationOf({ slaEligible, slaReason }: ResultFacts): SlaViolation | null {
  return slaEligible ? (slaViolations.find((reason) => reason === slaReason) ?? null) : null;
}

/** Every violation, whatever the reason. */
export const totalViolations = ({ slaViolations: violations }: JobCounters): number =>
  slaViolations.reduce((sum, reason) => sum + violations[reason], 0);

/** The counters with one more result. */
export function countResult(counters: JobCounters, facts: ResultFacts): JobCounters {
  const { mode, started, durationUs } = facts;
  return {
    jobs: { ...counters.jobs, [mode]: add(counters.jobs[mode], facts.reason) },
    ...addVerdict(counters, facts),
    durations:
      durationUs === null || !started
        ? counters.durations
        : { ...counters.durations, [mode]: addDuration(counters.durations[mode], durationUs) },
    cpuUs: counters.cpuUs + facts.cpuUs,
    throttledUs: counters.throttledUs + facts.throttledUs,
    oomKills: counters.oomKills + facts.oomKills,
    constraints: addConstraints(counters.constraints, facts),
  };
}
