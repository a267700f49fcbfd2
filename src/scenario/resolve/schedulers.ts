import { quote } from "../../report/index.ts";
import { durationOf } from "../file/index.ts";
import type { SchedulerSpec } from "../model/index.ts";
import { listNames } from "./context.ts";
import type { Place } from "./problems.ts";
import { refuse } from "./refusal.ts";
import type { ResolvedScheduler } from "./resolved-scheduler.ts";

/** As `corral scheduler` has them. */
const defaultSliceUs = 5000;
const leastSliceUs = 100;
const leastWatchdogMs = 1000;
const longestWatchdogMs = 30_000;

function resolveBoost(
  { cgroup, budget, period }: NonNullable<SchedulerSpec["boost"]>[number],
  place: Place,
): ResolvedScheduler["boosts"][number] {
  const [budgetMs, periodMs] = [durationOf(budget), durationOf(period)];
  if (budgetMs > periodMs)
    place.refuse(refuse(`a boost of ${budget} is more than its period of ${period}`, "lower the budget"));
  return { cgroup, budgetMs, periodMs };
}

function judgeGroup(name: string, groups: ReadonlySet<string>, place: Place): void {
  if (!groups.has(name))
    place.refuse(
      refuse(`the scheduler cannot have group ${quote(name)}; there are: ${listNames(groups)}`, "correct the name"),
    );
}

/**
 * A scheduler, settled, with everything that is wrong with it told at the place.
 * @param groups that it may name: those at hand, or, for the scheduler under test, all that the scenario makes
 */
export function resolveScheduler(spec: SchedulerSpec, groups: ReadonlySet<string>, place: Place): ResolvedScheduler {
  const { groups: named, boost = [], sliceUs = defaultSliceUs, watchdog } = spec;
  const watchdogMs = watchdog === undefined ? longestWatchdogMs : durationOf(watchdog);
  if (sliceUs < leastSliceUs)
    place.at("sliceUs").refuse(refuse(`a slice is 100 to 1000000 us, not ${sliceUs}`, "make it longer"));
  if (watchdogMs < leastWatchdogMs || watchdogMs > longestWatchdogMs)
    place.at("watchdog").refuse(refuse(`the watchdog is 1s to 30s, not ${watchdog}`, "change it"));
  if (spec.full === true && named !== undefined)
    place.at("groups").refuse(refuse("full has all tasks of the host, whatever their group", "leave groups out"));
  for (const [at, name] of (named ?? []).entries()) judgeGroup(name, groups, place.at("groups", at));
  for (const [at, { cgroup }] of boost.entries()) judgeGroup(cgroup, groups, place.at("boost", at, "cgroup"));
  return {
    name: spec.name ?? "corral",
    groups: named ?? null,
    full: spec.full ?? false,
    sliceUs,
    fifo: spec.fifo ?? false,
    boosts: boost.map((one, at) => resolveBoost(one, place.at("boost", at))),
    watchdogMs,
    checks: spec.checks ?? null,
  };
}
